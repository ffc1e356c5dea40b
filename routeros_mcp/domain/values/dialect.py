"""One name for what RouterOS versions call differently: the table, and translation either way.

Outside a router the newest name of the packaged schema is used, whatever the router's version calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models.release import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A property that was called `old` before `since`; `values` leads from an old value to the new one.

    Without `since` nobody knows when, so `name` is what is written and either is understood.
    """

    path: str
    name: str
    old: str
    since: Release | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuRename:
    """A menu that was called `old` before `since`, with all that is below it."""

    path: str
    old: str
    since: Release


_PASSWORDS = {"yes": "yes", "true": "yes", "no": "yes-if-no-key", "false": "yes-if-no-key"}
RENAMES = (
    # terraform-routeros, schema notes by version
    Rename(path="/container", name="repo", old="tag", since=Release(7, 18)),
    Rename(path="/container", name="envlists", old="envlist", since=Release(7, 20)),
    Rename(path="/file", name="last-modified", old="creation-time", since=Release(7, 16)),
    Rename(path="/interface/vxlan", name="vtep-vrf", old="vrf", since=Release(7, 20)),
    Rename(path="/interface/wireguard/peers", name="responder", old="is-responder", since=Release(7, 17)),
    Rename(path="/routing/bgp/connection", name="afi", old="address-families", since=Release(7, 19)),
    Rename(path="/routing/bgp/template", name="afi", old="address-families", since=Release(7, 19)),
    # quickchr's lab: the old name on CHR 7.20.8, the new one on 7.23.1, same behaviour
    Rename(path="/user/ssh-keys", name="info", old="key-owner", since=Release(7, 23)),
    Rename(
        path="/ip/ssh",
        name="password-authentication",
        old="always-allow-password-login",
        since=Release(7, 23),
        values=_PASSWORDS,
    ),
    # the manual's newest page says available-from, exports of 7.23.2 and the tree of 7.24 address
    Rename(path="/ip/service", name="address", old="available-from"),
)
MENU_RENAMES = (
    # the package wifiwave2 became wifi
    MenuRename(path="/interface/wifi", old="/interface/wifiwave2", since=Release(7, 13)),
)
SINCE: Mapping[str, Release] = {
    "/app": Release(7, 21),
    "/interface/wifi": Release(7, 13),
    "/ip/service/webserver": Release(7, 24),
    "/routing/bgp/instance": Release(7, 20),
    "/safe-mode": Release(7, 18),
}
"""The first version with a menu, as far as it is known. Source: vendor's changelog; public schema diffs."""

PROPERTY_SINCE: Mapping[tuple[str, str], Release] = {
    ("/ip/ssh", "publickey-authentication-options"): Release(7, 21),
    ("/routing/bgp/connection", "instance"): Release(7, 20),
    ("/system/scheduler", "days"): Release(7, 24),
    ("/user/ssh-keys", "bits"): Release(7, 15),
}
"""As `SINCE`, for single properties."""


def canonical_path(path: str) -> str:
    """The menu's newest name."""
    for menu in MENU_RENAMES:
        if _is_within(path, menu.old):
            return menu.path + path[len(menu.old) :]
    return path


def own_paths(path: str, release: Release | None) -> tuple[str, ...]:
    """What the menu may be called on a router, the likeliest first; mostly there is one name only."""
    newest = canonical_path(path)
    for menu in MENU_RENAMES:
        if _is_within(newest, menu.path):
            old = menu.old + newest[len(menu.path) :]
            return (old, newest) if release is not None and release < menu.since else (newest, old)
    return (newest,)


def is_renamed(path: str) -> bool:
    """Whether the names of this menu or of its properties depend on the version."""
    newest = canonical_path(path)
    return any(_is_within(newest, menu.path) for menu in MENU_RENAMES) or bool(_renames(newest))


def canonical_name(path: str, name: str) -> str:
    """The property's newest name."""
    found = next((each for each in _renames(path) if each.old == name), None)
    return found.name if found else name


def canonical_row(path: str, row: Mapping[str, str]) -> dict[str, str]:
    """The row under the newest names; a name that is there already stays as it is."""
    changed = {each.old: each for each in _renames(path) if each.old in row and each.name not in row}
    if not changed:
        return dict(row)
    return {_name(changed, name): _word(changed, name, value) for name, value in row.items()}


def canonical_values(path: str, values: Mapping[str, str | None]) -> dict[str, str | None]:
    """As `canonical_row`, for values of which some are to be unset."""
    changed = {each.old: each for each in _renames(path) if each.old in values and each.name not in values}
    return {
        _name(changed, name): None if value is None else _word(changed, name, value)
        for name, value in values.items()
    }


def renaming_notes(path: str, names: Iterable[str]) -> tuple[str, ...]:
    """What is to be said of the names that are not the newest."""
    renamed = {name: canonical_name(path, name) for name in names}
    return tuple(f"{path} {old} is {new} here." for old, new in renamed.items() if old != new)


def own_name(path: str, name: str, release: Release | None) -> str:
    """What a router of the release calls the property; of an unknown one, the newest name."""
    found = _rename_for(path, name, release)
    return found.old if found else name


def own_values(path: str, values: Mapping[str, str | None], release: Release | None) -> dict[str, str | None]:
    """The values under the names, and in the words, of a router of the release.

    Raises:
        InvalidParams: the release has no word for a value.
    """
    return dict(_own_value(path, name, value, release) for name, value in values.items())


def old_names(path: str) -> Mapping[str, str]:
    """Newest name to the older one, for the properties of the menu that had another."""
    return {each.name: each.old for each in _renames(path)}


def missing_from(path: str, names: Iterable[str], release: Release | None) -> dict[str, Release]:
    """Which of the properties came only with a later release, and with which."""
    if release is None:
        return {}
    known = {name: PROPERTY_SINCE.get((path, name)) for name in names}
    return {name: since for name, since in known.items() if since is not None and release < since}


def menu_since(path: str) -> Release | None:
    """The first release with the menu or a menu above it; None when nothing is known of it."""
    return next((since for known, since in SINCE.items() if _is_within(path, known)), None)


def _own_value(path: str, name: str, value: str | None, release: Release | None) -> tuple[str, str | None]:
    found = _rename_for(path, name, release)
    if found is None:
        return name, value
    if value is None or not found.values:
        return found.old, value
    for old, new in found.values.items():
        if new == value:
            return found.old, old
    raise InvalidParams(
        f"RouterOS {release} calls {path} {name} {found.old} and has nothing like {value}.",
        fix=f"Give one of {', '.join(dict.fromkeys(found.values.values()))}.",
    )


def _name(changed: Mapping[str, Rename], name: str) -> str:
    return changed[name].name if name in changed else name


def _word(changed: Mapping[str, Rename], name: str, value: str) -> str:
    return changed[name].values.get(value, value) if name in changed else value


def _rename_for(path: str, name: str, release: Release | None) -> Rename | None:
    """The rename that makes a router of the release use the old name."""
    if release is None:
        return None
    return next(
        (e for e in _renames(path) if e.name == name and e.since is not None and release < e.since), None
    )


def _renames(path: str) -> tuple[Rename, ...]:
    return tuple(each for each in RENAMES if each.path == path)


def _is_within(path: str, menu: str) -> bool:
    return f"{path}/".startswith(f"{menu}/")
