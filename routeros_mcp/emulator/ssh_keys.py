"""Public keys of users: which kinds a router takes, and whose they are."""

from collections.abc import Mapping

import asyncssh

from routeros_mcp.emulator.errors import Refusal
from routeros_mcp.emulator.store import Row, Store

MENU = "/user/ssh-keys"
_ED25519 = "ssh-ed25519"
_ED25519_SINCE = (7, 12)
_TYPES = {"ssh-rsa": "rsa", _ED25519: "ed25519"}
_ED25519_BITS = 256


def import_file(store: Store, arguments: Mapping[str, str]) -> None:
    """Run `/user/ssh-keys/import public-key-file= user=`; the file is used up.

    Raises:
        Refusal: no such file or user, or a key the router cannot read.
    """
    files = store.table("/file")
    held = files.find(arguments.get("public-key-file", ""))
    if held is None:
        raise Refusal("failure: file not found")
    install(store, arguments.get("user", ""), held.values.get("contents", ""))
    files.rows.remove(held)


def install(store: Store, user: str, text: str) -> None:
    """Give the user a key in OpenSSH's form. Source: vendor manual, SSH: RSA, and ed25519 since 7.12.

    Raises:
        Refusal: no such user, or any other kind of key.
    """
    if store.table("/user").find(user) is None:
        raise Refusal("input does not match any value of user")
    key = _read(text)
    algorithm = key.get_algorithm()
    if algorithm not in _TYPES or (algorithm == _ED25519 and store.spec.release < _ED25519_SINCE):
        raise _unreadable()
    values = {
        "bits": str(getattr(key.pyca_key, "key_size", _ED25519_BITS)),
        "info": key.get_comment() or "",
        "key-type": _TYPES[algorithm],
        "user": user,
    }
    store.table(MENU).rows.append(Row(store.next_number(MENU), values))
    store.ssh_keys.setdefault(user, []).append(key.public_data)


def has_keys(store: Store, user: str) -> bool:
    return any(row.values["user"] == user for row in store.table(MENU).rows)


def accepts(store: Store, user: str, key: asyncssh.SSHKey) -> bool:
    return has_keys(store, user) and key.public_data in store.ssh_keys.get(user, ())


def _read(text: str) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_public_key(text)
    except asyncssh.KeyImportError:
        raise _unreadable() from None


def _unreadable() -> Refusal:
    return Refusal("unable to load key file (wrong format or bad passphrase)!")
