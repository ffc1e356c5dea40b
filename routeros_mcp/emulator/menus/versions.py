"""What differs between versions: arguments renamed, added, dropped; menus that came or went."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from routeros_mcp.emulator.menus.fields import Field, read_fields

Release = tuple[int, int]
NEWEST: Release = (7, 99)
FIRST: Release = (7, 0)
NEVER: Release = (99, 0)


@dataclass(frozen=True, slots=True)
class Renamed:
    """An argument that had the old name before `since`; `line` declares its old form where that differs."""

    path: str
    old: str
    new: str
    since: Release
    line: str = ""


# Source of all tables: public schema comparisons of 7.9 to 7.24, vendor manual and changelogs.
RENAMED = (
    Renamed("/interface/wireguard/peers", "is-responder", "responder", (7, 17)),
    Renamed("/container", "tag", "repo", (7, 18)),
    Renamed("/container", "envlist", "envlists", (7, 20)),
    Renamed("/routing/bgp/connection", "address-families", "afi", (7, 19)),
    Renamed("/routing/bgp/template", "address-families", "afi", (7, 19)),
    Renamed("/interface/vxlan", "vrf", "vtep-vrf", (7, 20)),
    Renamed("/ip/ssh", "always-allow-password-login", "password-authentication", (7, 21), "bool =false"),
    Renamed("/file", "creation-time", "last-modified", (7, 16)),
    Renamed("/user/ssh-keys", "key-owner", "info", (7, 23)),
)
# Arguments by menu that an earlier version does not know.
ADDED: tuple[tuple[str, str, Release], ...] = (
    ("/interface/bridge", "port-cost-mode", (7, 13)),
    ("/interface/bridge", "mvrp", (7, 15)),
    ("/interface/bridge/vlan", "mvrp-forbidden", (7, 15)),
    ("/interface/vlan", "mvrp", (7, 15)),
    ("/ip/dns", "vrf", (7, 15)),
    ("/ip/dns", "address-list-extra-time mdns-repeat-ifaces", (7, 16)),
    ("/ip/pool", "available total used", (7, 18)),
    ("/routing/bgp/connection", "instance", (7, 20)),
    ("/system/scheduler", "days", (7, 24)),
    ("/ip/service", "available-from", (7, 24)),
)
# Arguments by menu that this version and later ones no longer know.
DROPPED: tuple[tuple[str, str, Release], ...] = (
    ("/routing/bgp/connection", "cluster-id router-id", (7, 20)),
    ("/routing/bgp/template", "cluster-id router-id", (7, 20)),
)
COMMANDS: tuple[tuple[str, str, Release], ...] = (("/system/package", "apply-changes", (7, 18)),)
MENUS_SINCE: Mapping[str, Release] = {
    "/app": (7, 21),
    "/interface/wifi": (7, 13),
    "/ip/service/webserver": (7, 24),
    "/routing/bgp/instance": (7, 20),
    "/safe-mode": (7, 18),
}
MENUS_UNTIL: Mapping[str, Release] = {"/interface/wifiwave2": (7, 13)}
# Link modes as the console spells them before and since. The first version of the new form is assumed.
_MODES = (
    ("10M-baseT-half", "10M-half"),
    ("10M-baseT-full", "10M-full"),
    ("100M-baseT-half", "100M-half"),
    ("100M-baseT-full", "100M-full"),
    ("1G-baseT-half", "1000M-half"),
    ("1G-baseT-full", "1000M-full"),
)
_MODES_SINCE = (7, 14)


def is_known(path: str, release: Release) -> bool:
    """Say whether a router of this release can have the menu at all."""
    while path:
        if MENUS_SINCE.get(path, FIRST) > release or MENUS_UNTIL.get(path, NEVER) <= release:
            return False
        path = path.rpartition("/")[0]
    return True


@cache
def _changes() -> Mapping[str, tuple[Release, ...]]:
    found: dict[str, set[Release]] = {}
    for renamed in RENAMED:
        found.setdefault(renamed.path, set()).add(renamed.since)
    for path, _, since in (*ADDED, *DROPPED, *COMMANDS):
        found.setdefault(path, set()).add(since)
    return {path: tuple(sorted(releases)) for path, releases in found.items()}


def era(path: str, release: Release) -> Release:
    """Return the release in which the menu last changed, so that routers between changes share one table."""
    return max((since for since in _changes().get(path, ()) if since <= release), default=FIRST)


def fields_of(path: str, fields: Mapping[str, Field], release: Release) -> dict[str, Field]:
    """Return the arguments as the release knows them: keys stay the newest names, `name` is its own."""
    absent = absent_fields(path, release)
    kept = {key: field for key, field in fields.items() if key not in absent}
    for renamed in RENAMED:
        if renamed.path == path and renamed.since > release and renamed.new in kept:
            kept[renamed.new] = _old_form(renamed, kept[renamed.new])
    return kept


def absent_fields(path: str, release: Release) -> frozenset[str]:
    return frozenset(_absent(path, release))


def _absent(path: str, release: Release) -> Iterator[str]:
    for menu, names, since in ADDED:
        if menu == path and since > release:
            yield from names.split()
    for menu, names, since in DROPPED:
        if menu == path and since <= release:
            yield from names.split()


def _old_form(renamed: Renamed, field: Field) -> Field:
    if renamed.line:
        return read_fields(f"{renamed.old} {renamed.line}")[renamed.old]
    return replace(field, name=renamed.old)


def is_dated(path: str, command: str) -> bool:
    """Say whether only some releases have the command."""
    return any((menu, name) == (path, command) for menu, name, _ in COMMANDS)


def absent_commands(path: str, release: Release) -> frozenset[str]:
    return frozenset(name for menu, name, since in COMMANDS if menu == path and since > release)


def link_modes(text: str, release: Release) -> str:
    """Write link modes as the release does: `1G-baseT-full`, earlier `1000M-full`."""
    if release >= _MODES_SINCE:
        return text
    words = dict(_MODES)
    return ",".join(words.get(word, word) for word in text.split(","))
