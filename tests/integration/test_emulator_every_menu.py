"""Every menu of every profile: lists, adds, reads back, takes back what it showed, removes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from routeros_mcp.emulator import Clock, Request, RouterSpec
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.menus.fields import Field
from routeros_mcp.emulator.policies import ALL
from routeros_mcp.emulator.store import Store
from routeros_mcp.emulator.web.rest import answer

ADMIN = Session("admin", frozenset(ALL), float("inf"))
PACKAGES = (
    "calea",
    "container",
    "dude",
    "gps",
    "iot",
    "netinstall",
    "openflow",
    "rose-storage",
    "tr069-client",
    "user-manager",
    "wireless",
    "zerotier",
)
PROFILES = [
    RouterSpec(name=f"r{version}-{board}", version=version, board=board, packages=PACKAGES, serial="HC1")
    for version in ("7.12.1", "7.16.2", "7.20.5", "7.23.2", "7.24")
    for board in ("CHR", "hAP ac^2")
]
SAMPLES = {
    "address": "10.9.8.7/24",
    "bool": "yes",
    "date": "2026-01-02",
    "duration": "10s",
    "flag": "yes",
    "gateway": "10.9.8.1",
    "hex": "0x10",
    "host": "10.9.8.7",
    "int": "1",
    "ip": "10.9.8.7",
    "ips": "10.9.8.7,10.9.8.8",
    "list": "a,b",
    "mac": "02:00:00:00:00:0A",
    "near": "10.9.8.7",
    "network": "10.9.8.0/24",
    "pair": "1M/2M",
    "policy": "read,write",
    "ports": "80",
    "prefix": "10.9.8.0/24",
    "prefixes": "10.9.8.0/24",
    "range": "10.9.8.1-10.9.8.9",
    "ranges": "10.9.8.1-10.9.8.9",
    "rate": "1M",
    "start": "10:00:00",
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPkqSQAIyTIDL3xc8XEp2oHVPbNTvDRqVJl+dX1HpGRX someone@example.com"
COUNTED = {"expires-after", "rx-byte", "rx-packet", "tx-byte", "tx-packet"}
# What an add needs beyond the arguments the recorded survey names, or in another form.
SPECIAL = {
    "/certificate/scep-server": {"ca-cert": "rest", "path": "/scep/x"},
    "/ip/dns/static": {"name": "x.example.com", "address": "10.9.8.7"},
    "/user/ssh-keys": {"key": KEY, "user": "admin"},
    "/user": {"name": "someone", "group": "full", "password": "pass-phrase"},
    "/user/group": {"name": "some", "policy": "read"},
}


def ask(store: Store, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    text = b"" if body is None else json.dumps(body).encode()
    reply = answer(store, ADMIN, Request(n=1, method=method, path=f"/rest{path}", body=text)).reply
    return reply.status, json.loads(reply.body) if reply.body else None


def menus(store: Store) -> Iterator[str]:
    for path in sorted(registry.paths()):
        if path and store.has(path) and store.menu(path).kind is not registry.Kind.DIRECTORY:
            yield path


def sample(store: Store, field: Field) -> str:
    match field.kind:
        case "ref" | "refs":
            return existing(store, field.words[0])
        case "enum" | "enums":
            return field.words[0]
        case "int" if field.bounds is not None:
            return str(field.bounds[0])
        case "duration" if field.bounds is not None:
            return f"{max(1, field.bounds[0] // 1_000_000)}s"
    return SAMPLES.get(field.kind, "x1")


def existing(store: Store, namespace: str) -> str:
    """Return the name of a row that a hard reference may name, adding one if there is none."""
    found = next((name for name, _ in store.names(namespace) if name), None)
    if found is not None:
        return found
    path = next(path for path in registry.namespaces()[namespace] if store.has(path))
    status, body = ask(store, "PUT", path, smallest(store, path))
    assert status == 201, (path, body)
    name: str = body["name"]
    return name


def smallest(store: Store, path: str) -> dict[str, str]:
    """Return the fewest arguments an add of this menu takes."""
    if path in SPECIAL:
        return SPECIAL[path]
    menu = store.menu(path)
    needed = menu.required[:1] if menu.refusal else menu.required
    keys = (
        needed
        or [key for key, field in menu.fields.items() if not field.is_readonly and key != "disabled"][:1]
    )
    return {menu.outward(key): sample(store, menu.fields[key]) for key in keys}


@pytest.mark.parametrize("spec", PROFILES, ids=lambda spec: spec.name)
def test_what_a_menu_shows_can_be_set_again_and_changes_nothing(spec: RouterSpec) -> None:
    store, wrong = Store(spec, Clock()), []
    for path in menus(store):
        wrong += [f"{path}: {text}" for text in _round(store, path)]
    assert wrong == []


def _round(store: Store, path: str) -> Iterator[str]:
    status, shown = ask(store, "GET", path)
    if path == "/system/device-mode":
        return
    if status != 200:
        yield f"GET {status} {shown}"
    elif isinstance(shown, dict):
        yield from _single(store, path, shown)
    else:
        yield from _standing(store, path, shown)
        if "add" in store.menu(path).commands and not store.menu(path).refusal.startswith("error - contact"):
            yield from _row(store, path)


def _standing(store: Store, path: str, shown: list[dict[str, str]]) -> Iterator[str]:
    """Set each row that the router came with to what it is."""
    can_be_set = "set" in store.menu(path).commands and path != "/system/health"
    for row in shown if can_be_set else []:
        if row.get("dynamic") != "true" or path == "/routing/table":
            status, patched = ask(store, "PATCH", f"{path}/{row['.id']}", _settable(store, path, row))
            if (status, _steady(patched)) != (200, _steady(row)):
                yield f"PATCH of {row} {status} {patched}"


def _steady(shown: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in _plain(shown).items() if name not in COUNTED}


def _single(store: Store, path: str, shown: dict[str, str]) -> Iterator[str]:
    if "set" not in store.menu(path).commands:
        return
    status, body = ask(store, "POST", f"{path}/set", _settable(store, path, shown))
    again = ask(store, "GET", path)[1]
    if (status, again) != (200, shown) and path != "/system/clock":
        yield f"set {status} {body} {set(again.items()) ^ set(shown.items())}"


def _row(store: Store, path: str) -> Iterator[str]:
    wanted = smallest(store, path)
    status, added = ask(store, "PUT", path, wanted)
    if status != 201:
        yield f"PUT {wanted} {status} {added}"
        return
    where = f"{path}/{added['.id']}"
    read = ask(store, "GET", where)
    if _plain(read[1]) != added:
        yield f"GET {read} after {added}"
    listed = [_plain(row) for row in ask(store, "GET", path)[1] if row[".id"] == added[".id"]]
    if listed != [added]:
        yield f"list {listed} after {added}"
    if "set" in store.menu(path).commands:
        settable = _settable(store, path, added)
        status, patched = ask(store, "PATCH", where, settable)
        if (status, _plain(patched)) != (200, added):
            yield f"PATCH {settable} {status} {patched}"
    removed = ask(store, "DELETE", where)
    if removed != (204, None) or ask(store, "GET", where)[0] != 404:
        yield f"DELETE {removed}"


def _plain(shown: dict[str, str]) -> dict[str, str]:
    """Leave out who follows: only reads of ordered menus tell."""
    return {name: text for name, text in shown.items() if name != ".nextid"}


def _settable(store: Store, path: str, shown: dict[str, str]) -> dict[str, str]:
    menu = store.menu(path)
    keys = {name: menu.inward(name) for name in shown}
    return {n: shown[n] for n, key in keys.items() if key is not None and not menu.fields[key].is_readonly}


@pytest.mark.parametrize("spec", PROFILES, ids=lambda spec: spec.name)
def test_an_add_without_what_it_needs_is_refused_in_the_recorded_words(spec: RouterSpec) -> None:
    store, wrong = Store(spec, Clock()), []
    for path in menus(store):
        menu = store.menu(path)
        if not menu.is_list or "add" not in menu.commands or not (menu.required or menu.refusal):
            continue
        status, body = ask(store, "PUT", path, {})
        texts = {menu.refusal} if menu.refusal else {f"missing ={menu.outward(n)}=" for n in menu.required}
        if status != 400 or body["detail"] not in texts:
            wrong.append((path, status, body))
    assert wrong == []


@pytest.mark.parametrize("spec", PROFILES, ids=lambda spec: spec.name)
def test_an_argument_that_no_menu_has_is_an_unknown_parameter(spec: RouterSpec) -> None:
    store = Store(spec, Clock())
    for path in menus(store):
        menu = store.menu(path)
        if menu.is_list and "add" in menu.commands:
            refused = ask(store, "PUT", path, {"no-such-argument": "1"})
        elif not menu.is_list and "set" in menu.commands:
            refused = ask(store, "POST", f"{path}/set", {"no-such-argument": "1"})
        else:
            continue
        assert (path, refused[0], refused[1]["detail"]) == (path, 400, "unknown parameter no-such-argument")
