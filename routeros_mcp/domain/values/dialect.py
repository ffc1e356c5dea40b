"""One name for what RouterOS versions call differently: translation either way, and what a version lacks.

Outside a router the newest name of the packaged schema is used, whatever the router's version calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models.release import Release
from routeros_mcp.domain.values.versions import (
    MENU_RENAMES,
    PROPERTY_SINCE,
    RENAMES,
    SINCE,
    SINGLE_BEFORE,
    UNTIL,
    Rename,
)


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


def canonical_match(path: str, name: str, value: object) -> tuple[str, object]:
    """A condition of a reader under the property's newest name, an exact old word in its newest form."""
    found = next((each for each in _renames(path) if each.old == name), None)
    if found is None:
        return name, value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return found.name, found.values.get(text, value)


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


def has_own_words(path: str, name: str, release: Release | None) -> bool:
    """Whether a router of the release has other words for the values, maybe several for the same."""
    found = _rename_for(path, name, release)
    return found is not None and bool(found.values)


def old_names(path: str) -> Mapping[str, str]:
    """Newest name to the older one, for the properties of the menu that had another."""
    return {each.name: each.old for each in _renames(path)}


def missing_from(path: str, names: Iterable[str], release: Release | None) -> dict[str, Release]:
    """Which of the properties came only with a later release, and with which."""
    if release is None:
        return {}
    wanted = set(names)
    return {
        name: since
        for since, came in PROPERTY_SINCE.get(path, {}).items()
        if release < since
        for name in came
        if name in wanted
    }


def menu_notes(path: str, release: Release | None) -> tuple[str, ...]:
    """Whether a router of the release lacks the menu yet or again, or has it in another form."""
    if release is None:
        return ()
    since, until, rows = (
        next((told for known, told in table.items() if _is_within(path, known)), None)
        for table in (SINCE, UNTIL, SINGLE_BEFORE)
    )
    notes = {
        f"{path} came with RouterOS {since}.": since and release < since,
        f"{path} is gone since RouterOS {until}.": until and release >= until,
        f"{path} is a single object before RouterOS {rows}.": rows and release < rows,
    }
    return tuple(note for note, holds in notes.items() if holds)


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
