"""What a print shows: rows with their keys, in order, without what this login may not see."""

from collections.abc import Callable, Mapping
from functools import partial

from routeros_mcp.emulator import derived, hardware, interfaces, links
from routeros_mcp.emulator.menus.fields import Presence
from routeros_mcp.emulator.store import Row, Store, Table

Shown = dict[str, str]
_LAST = "*FFFFFFFF"
_BEFORE: Mapping[str, Callable[[Store], list[Shown]]] = {
    "/ip/route": derived.dhcp_routes,
    "/log": derived.past_log,
}
_AFTER: Mapping[str, Callable[[Store], list[Shown]]] = {
    "/interface/wifi/radio": links.radios,
    "/ip/route": derived.connected_routes,
    "/ipv6/route": partial(derived.connected_routes, addresses="/ipv6/address"),
    "/interface/bridge/host": links.bridge_hosts,
    "/ip/service": derived.service_connections,
    "/environment": derived.variables,
    "/system/script/environment": derived.variables,
}


def is_single(store: Store, path: str) -> bool:
    if path == "/system/health":
        return store.spec.is_chr
    return not store.menu(path).is_list


def single(store: Store, path: str, *, with_secrets: bool = True) -> Shown:
    """Return a settings menu as one object."""
    if path == "/system/health":
        return hardware.chr_health(store)
    if path in hardware.SINGLES:
        return hardware.SINGLES[path](store)
    table = store.table(path)
    return _visible(table, _shown(store, table, table.rows[0]), with_secrets=with_secrets)


def rows(store: Store, path: str, *, with_secrets: bool = True) -> list[Shown]:
    """Return every row of a list menu as REST shows it, in evaluation order."""
    if path in hardware.LISTS:
        return hardware.LISTS[path](store)
    if path == "/interface":
        return [dict(sorted(row.items())) for row in interfaces.rows(store)]
    table = store.table(path)
    shown = [_numbered(store, table, row, with_secrets=with_secrets) for row in table.rows]
    if table.menu.is_ordered:
        _link(shown)
    before = _BEFORE[path](store) if path in _BEFORE else []
    after = _AFTER[path](store) if path in _AFTER else []
    return [*before, *shown, *after]


def row(store: Store, path: str, held: Row, *, with_secrets: bool = True) -> Shown:
    if path == "/interface":
        return next(shown for shown in rows(store, path) if shown[".id"] == held.id)
    return _numbered(store, store.table(path), held, with_secrets=with_secrets)


def _link(shown: list[Shown]) -> None:
    """Tell each row of an ordered menu who follows. Source: recorded bridge ports."""
    for at, one in enumerate(shown):
        following = shown[at + 1][".id"] if at + 1 < len(shown) else _LAST
        rest = dict(one)
        one.clear()
        one.update(sorted((rest | {".nextid": following}).items()))


def _numbered(store: Store, table: Table, held: Row, *, with_secrets: bool) -> Shown:
    shown = _visible(table, _shown(store, table, held), with_secrets=with_secrets)
    about = {".about": shown.pop(".about")} if ".about" in shown else {}
    return {**about, ".id": held.id, **shown}


def _shown(store: Store, table: Table, held: Row) -> Shown:
    shown = {**table.menu.always, **held.values}
    complete = derived.COMPLETE.get(table.menu.path)
    if complete is not None:
        complete(store, held, shown)
    for name in [n for n, text in shown.items() if text == "false" and _is_true_only(table, n)]:
        del shown[name]
    menu = table.menu
    return dict(sorted((menu.outward(key), text) for key, text in shown.items() if key not in menu.absent))


def _is_true_only(table: Table, name: str) -> bool:
    field = table.menu.fields.get(name)
    return field is not None and field.presence is Presence.WHEN_TRUE


def _visible(table: Table, shown: Shown, *, with_secrets: bool) -> Shown:
    """Leave secrets out for a login without the policy sensitive. Source: vendor manual."""
    if with_secrets or not table.menu.secrets:
        return shown
    hidden = {table.menu.outward(key) for key in table.menu.secrets}
    return {key: text for key, text in shown.items() if key not in hidden}
