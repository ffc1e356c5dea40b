"""Group policies: how a policy list reads, adds up and shows itself."""

from collections.abc import Iterable
from functools import lru_cache

# Order and content of the default groups. Source: vendor manual, User.
ALL = (
    "local",
    "telnet",
    "ssh",
    "ftp",
    "reboot",
    "read",
    "write",
    "policy",
    "test",
    "winbox",
    "password",
    "web",
    "sniff",
    "sensitive",
    "api",
    "romon",
    "rest-api",
)


@lru_cache(maxsize=256)
def granted(text: str) -> frozenset[str]:
    return frozenset(word for word in text.split(",") if word and not word.startswith("!"))


def absolute(text: str) -> str:
    """Write the list a group gets on `add`: what is not named is revoked."""
    return shown(granted(text))


def additive(held: str, text: str) -> str:
    """Write the list after `set policy=`: names are added, `!x` revoked. Source: live 7.21, 7.23."""
    words = [word for word in text.split(",") if word]
    revoked = {word[1:] for word in words if word.startswith("!")}
    return shown((granted(held) | granted(text)) - revoked)


def shown(policies: Iterable[str]) -> str:
    """List the granted policies, then the refused ones with `!`, each part in the router's order."""
    held = set(policies)
    return ",".join([p for p in ALL if p in held] + [f"!{p}" for p in ALL if p not in held])
