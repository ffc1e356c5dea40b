"""The binary backup: the whole configuration of a moment as one file, and back again."""

import hashlib
import json
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from routeros_mcp.emulator.store import Row, Store

SUFFIX = ".backup"
_PLAIN = b"\x88\xac\xa1\xb1"
_SEALED = b"\xef\xa8\x91\x72"
_NONCE_BYTES = 12
# What is not configuration: no backup holds it and none undoes it. Source: vendor manual, backup.
_OUTSIDE = frozenset(
    {
        *("/file", "/log", "/safe-mode", "/system/device-mode", "/system/history", "/system/script/job"),
        *("/user/active", "/ip/dns/cache", "/system/clock"),
    }
)


class Unreadable(Exception):
    """The file is no backup, or not with this password."""


def save(store: Store, password: str, nonce: int) -> bytes:
    """Return the configuration as it is now, sealed when there is a password."""
    tables = {
        path: [
            [row.number, row.values, None if row.factory is None else dict(row.factory)]
            for row in table.rows
            if not row.is_dynamic
        ]
        for path, table in store.tables().items()
        if path not in _OUTSIDE
    }
    keys = {user: [key.hex() for key in held] for user, held in store.ssh_keys.items()}
    body = zlib.compress(json.dumps({"tables": tables, "next": store.counters, "keys": keys}).encode())
    if not password:
        return _PLAIN + body
    salt = nonce.to_bytes(_NONCE_BYTES, "big")
    return _SEALED + salt + AESGCM(_key(password, salt)).encrypt(salt, body, None)


def opened(content: bytes, password: str) -> bytes:
    """Return what a backup holds, for `restore`.

    Raises:
        Unreadable: it is no backup, or the password is wrong.
    """
    head, rest = content[: len(_PLAIN)], content[len(_PLAIN) :]
    if head == _SEALED:
        salt, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            rest = AESGCM(_key(password, salt)).decrypt(salt, sealed, None)
        except (InvalidTag, ValueError):
            raise Unreadable from None
    elif head != _PLAIN:
        raise Unreadable
    try:
        return zlib.decompress(rest)
    except zlib.error:
        raise Unreadable from None


def restore(store: Store, body: bytes) -> None:
    """Put the configuration back: every row with its id, and nothing that came later."""
    held = json.loads(body)
    kept = {path: table for path, table in store.tables().items() if path in _OUTSIDE}
    store.put_back(kept, held["next"])
    for path, rows in held["tables"].items():
        store.table(path).rows[:] = [Row(number, values, factory) for number, values, factory in rows]
    store.counters.update(held["next"])
    store.ssh_keys = {user: [bytes.fromhex(key) for key in keys] for user, keys in held["keys"].items()}


def _key(password: str, salt: bytes) -> bytes:
    return hashlib.sha256(salt + password.encode("utf-8", "surrogateescape")).digest()
