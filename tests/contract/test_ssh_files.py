"""Files over SFTP, on the SSH client and an emulated router."""

from __future__ import annotations

import pytest
from ssh_lab import NO_FTP, ssh_lab

from routeros_mcp.domain.errors import BadAnswer, InvalidParams, OutcomeUnknown, RouterRefused


async def test_a_file_comes_back_byte_for_byte() -> None:
    content = bytes(range(256)) * 300
    async with ssh_lab() as place:
        await place.ssh.write_file(place.target, "flash/blob.bin", content)
        assert await place.ssh.read_file(place.target, "flash/blob.bin") == content
        assert [row["name"] for row in place.router.rows("/file")] == ["flash/blob.bin"]


async def test_a_file_over_the_cap_is_not_read() -> None:
    async with ssh_lab() as place:
        await place.ssh.write_file(place.target, "big.txt", b"x" * 200_001)
        with pytest.raises(BadAnswer, match="longer than 200000 bytes"):
            await place.ssh.read_file(place.target, "big.txt")


@pytest.mark.parametrize(
    "name", ["run.auto.rsc", "RUN.AUTO.RSC", "flash/x.auto.rsc", "x.auto.rsc.", "x.auto.rsc "]
)
async def test_what_would_run_on_arrival_is_not_uploaded(name: str) -> None:
    async with ssh_lab() as place:
        with pytest.raises(InvalidParams, match="executed"):
            await place.ssh.write_file(place.target, name, b"/system/identity/set name=owned")
        assert place.router.ssh.accepted == 0


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/./b", "a\nb", "a\0b", "flash/"])
async def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    async with ssh_lab() as place:
        with pytest.raises(InvalidParams, match="no file name"):
            await place.ssh.read_file(place.target, name)


async def test_a_missing_file_and_a_missing_policy_are_refusals() -> None:
    async with ssh_lab() as place:
        with pytest.raises(RouterRefused, match="No such file"):
            await place.ssh.read_file(place.target, "nothing.txt")
        with pytest.raises(RouterRefused, match="Permission denied"):
            await place.ssh.read_file(place.as_user(NO_FTP), "nothing.txt")


async def test_an_upload_whose_connection_is_lost_may_have_happened() -> None:
    async with ssh_lab() as place:
        real = place.router.store.table

        def cut(path: str) -> object:
            if path == "/file":
                place.router.ssh.down()
            return real(path)

        place.router.store.table = cut  # the line is cut as the router looks for the file
        with pytest.raises(OutcomeUnknown):
            await place.ssh.write_file(place.target, "a.txt", b"x")
