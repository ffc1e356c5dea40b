"""The checkpoint: without a confirmation a router loads the backup from before the change, and restarts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.export.quoting import quote
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.deadman import PREFIX, TICK_S, DeadMan, assembled

FILES = "/file"
BACKUPS = "/system/backup"
FILE_PREFIX = "rmcp-cp-"
FLASH = "flash"
POLICY = "ftp,password,policy,read,reboot,sensitive,test,write"
"""What saving and loading a backup takes, all of it: an entry that lacks one does nothing but log."""
NEEDED_BYTES = 1024 * 1024
"""Free space below which nothing is saved: the file, and as much again for the router's own writes."""
NOTES = (
    "unless confirmed in time, the router loads the backup saved before the first write and restarts",
    "that also undoes whatever anybody else has changed on it since the backup",
    "it restores MAC addresses, but not certificates, nor what is kept outside the configuration",
)
"""What an approver has to know of a checkpoint."""


def file_of(nonce: str, files: Iterable[Row]) -> str:
    """The file's name, in `flash/` where there is such a folder: all else is memory there and is lost."""
    is_flash = any(row.get("name") == FLASH for row in files)
    return f"{FLASH}/{FILE_PREFIX}{nonce}" if is_flash else f"{FILE_PREFIX}{nonce}"


def leftovers(files: Iterable[Row], nonce: str = "") -> list[Row]:
    """The checkpoints among the files, of the nonce where one is given."""
    wanted = FILE_PREFIX + nonce
    return [row for row in files if row.get("name", "").removeprefix(f"{FLASH}/").startswith(wanted)]


def refuse_full(device: str, resource: Sequence[Row]) -> None:
    """Raises Conflict where the backup may not fit; a router that does not tell its space is not refused."""
    told = resource[0].get("free-hdd-space", "") if resource else ""
    if told.isdecimal() and int(told) < NEEDED_BYTES:
        raise Conflict(
            f"{device} has {int(told) // 1024} KiB of storage left: a checkpoint takes up to "
            f"{NEEDED_BYTES // 1024} KiB.",
            fix="Remove files from the router, or plan the change under a script.",
        )


def build(
    nonce: str,
    file: str,
    password: str,
    *,
    uptime: timedelta,
    timeout: timedelta,
    tick_s: int = TICK_S,
) -> DeadMan:
    """The switch that loads the file when `timeout` has passed, or after a restart.

    The backup was saved before the entries were there, so what it brings back has none: it loads once.
    The file is encrypted, and its password stands in the entries: both are gone together, and a file that
    stays behind alone opens for nobody on the router.
    """
    name = f"{PREFIX}{nonce}"
    load = f"/system/backup/load name={quote(file)} password={quote(password)}"
    complaint = f":log error {quote(f'{name}: the backup could not be loaded')}"
    said = f":log warning {quote(f'{name}: an unconfirmed change is undone, the router restarts')}"
    revert = f"{said}; :do {{ {load} }} on-error={{ {complaint} }}"
    return assembled(nonce, revert, uptime=uptime, timeout=timeout, tick_s=tick_s, policy=POLICY)
