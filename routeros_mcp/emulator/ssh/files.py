"""SFTP over the router's table of files; a script that ends in `.auto.rsc` runs when it has arrived."""

import stat
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncssh
from asyncssh import FXF_CREAT, FXF_TRUNC, FXF_WRITE, SFTPAttrs, SFTPName

from routeros_mcp.emulator import console, operations
from routeros_mcp.emulator.ssh.login import SshLogin
from routeros_mcp.emulator.store import Row, Store

_FILES = "/file"
_RUN_ON_ARRIVAL = ".auto.rsc"


@dataclass(slots=True)
class OpenFile:
    """A file that a client holds open; what was written is stored when it is closed."""

    name: str
    content: bytearray = field(default_factory=bytearray)
    is_written: bool = False


class FileTable(asyncssh.SFTPServer):
    """Reads, writes, lists and removes files; whatever else SFTP can do is refused."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], store: Store) -> None:
        super().__init__(channel)
        self._login: SshLogin = channel.get_extra_info("routeros_login")
        self._store = store

    def open(self, path: bytes, pflags: int, _attrs: SFTPAttrs) -> object:
        self._need("ftp", *(["write"] if pflags & FXF_WRITE else ["read"]))
        name = _name(path)
        row = self._store.table(_FILES).find(name)
        if row is None and not pflags & FXF_CREAT:
            raise asyncssh.SFTPNoSuchFile("No such file")
        if row is None or pflags & FXF_TRUNC:
            return OpenFile(name, is_written=True)
        return OpenFile(name, bytearray(_content(row)))

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return bytes(_opened(file_obj).content[offset : offset + size])

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        held = _opened(file_obj)
        held.content[offset : offset + len(data)] = data
        held.is_written = True
        return len(data)

    def close(self, file_obj: object) -> None:
        held = _opened(file_obj)
        if held.is_written:
            _store(self._store, held.name, bytes(held.content))
            self._run_on_arrival(held.name, bytes(held.content))

    def stat(self, path: bytes) -> SFTPAttrs:
        if _name(path) == "":
            return SFTPAttrs(permissions=stat.S_IFDIR | 0o755, size=0)
        row = self._store.table(_FILES).find(_name(path))
        if row is None:
            raise asyncssh.SFTPNoSuchFile("No such file")
        return _attributes(_content(row))

    lstat = stat

    def fstat(self, file_obj: object) -> SFTPAttrs:
        return _attributes(bytes(_opened(file_obj).content))

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        self._need("ftp", "read")
        for row in self._store.table(_FILES).rows if _name(path) == "" else ():
            yield SFTPName(row.values["name"].encode(), attrs=_attributes(_content(row)))

    def remove(self, path: bytes) -> None:
        self._need("ftp", "write")
        table = self._store.table(_FILES)
        row = table.find(_name(path))
        if row is None:
            raise asyncssh.SFTPNoSuchFile("No such file")
        table.rows.remove(row)

    def realpath(self, path: bytes) -> bytes:
        return b"/" + _name(path).encode()

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Take no notice of modes and times, as file systems without them do."""

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """Take no notice of modes and times, as file systems without them do."""

    def _need(self, *policies: str) -> None:
        """Check the policies of the login. Source: vendor manual: files need `ssh` and `ftp`."""
        if not self._login.session.granted.issuperset(policies):
            raise asyncssh.SFTPPermissionDenied("Permission denied")

    def _run_on_arrival(self, name: str, content: bytes) -> None:
        """Execute `x.auto.rsc` and leave its output in `x.auto.log`. Source: vendor manual, files."""
        if name.endswith(_RUN_ON_ARRIVAL):
            output = console.run(self._store, self._login.session, content.decode("utf-8", "surrogateescape"))
            _store(self._store, name.removesuffix("rsc") + "log", output.encode("utf-8", "surrogateescape"))


def _refused(*_args: object) -> None:
    raise asyncssh.SFTPOpUnsupported("Operation not supported")


for _unsupported in (
    *("open56", "lsetstat", "mkdir", "rmdir", "rename", "posix_rename", "readlink", "symlink", "link"),
    *("lock", "unlock", "statvfs", "fstatvfs", "fsync"),
):
    setattr(FileTable, _unsupported, _refused)


def _opened(file_obj: object) -> OpenFile:
    if not isinstance(file_obj, OpenFile):
        raise asyncssh.SFTPInvalidHandle("Invalid handle")
    return file_obj


def _name(path: bytes) -> str:
    parts = [part for part in path.decode("utf-8", "surrogateescape").split("/") if part not in {"", "."}]
    if ".." in parts:
        raise asyncssh.SFTPNoSuchFile("No such file")
    return "/".join(parts)


def _content(row: Row) -> bytes:
    return row.values.get("contents", "").encode("utf-8", "surrogateescape")


def _attributes(content: bytes) -> SFTPAttrs:
    now = int(time.time())
    return SFTPAttrs(size=len(content), permissions=stat.S_IFREG | 0o644, atime=now, mtime=now)


def _store(store: Store, name: str, content: bytes) -> None:
    if store.is_disk_full:
        raise asyncssh.SFTPFailure("No space left on device")
    row = store.table(_FILES).find(name) or operations.add(store, _FILES, {"name": name})
    row.values |= {
        "contents": content.decode("utf-8", "surrogateescape"),
        "last-modified": store.stamp(),
        "type": f".{name.rpartition('.')[2]} file",
    }
    store.written[row.number] = store.clock.steady()
