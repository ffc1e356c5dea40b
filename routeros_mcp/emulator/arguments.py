"""Turning the arguments of a request into stored values, or refusing them."""

from collections.abc import Callable, Mapping

from routeros_mcp.emulator import values
from routeros_mcp.emulator.errors import Refusal, no_match
from routeros_mcp.emulator.menus.fields import Field, Presence
from routeros_mcp.emulator.menus.registry import Menu
from routeros_mcp.emulator.store import Store

# The console names what it looked among, which is not always the argument. Source: recorded CHR 7.23.7.
_SELF_NAMED = frozenset({"interface", "interface-list"})


def unknown_parameter(name: str) -> Refusal:
    return Refusal(f"unknown parameter {name}")


def known(menu: Menu, arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the arguments under the names rows are kept by.

    Raises:
        Refusal: for the first argument that the menu of this release does not take.
    """
    found = {}
    for name, text in arguments.items():
        key = menu.inward(name)
        if key is None or menu.fields[key].is_readonly:
            raise unknown_parameter(name)
        found[key] = text
    return found


def stored(store: Store, menu: Menu, arguments: Mapping[str, str]) -> dict[str, str | None]:
    """Return canonical values by argument; None takes the key away.

    Raises:
        Refusal: in the router's words, for the first argument that does not fit.
    """
    return {name: _stored(store, menu.fields[name], text) for name, text in arguments.items()}


def _stored(store: Store, field: Field, text: str) -> str | None:
    if text == field.default:
        return text
    if (
        text == ""
        and field.presence is not Presence.ALWAYS
        and field.kind in {"string", "any", "list", "ips"}
    ):
        return "" if field.presence is Presence.HISTORY else None
    if field.is_negatable and text.startswith("!"):
        return "!" + canonical(store, field, text[1:])
    if field.kind == "flag":
        return None if text in {"false", "no"} else ""
    return canonical(store, field, text)


def canonical(store: Store, field: Field, text: str) -> str:
    special = _SPECIAL.get(field.kind)
    return values.canonical(field.kind, field.name, text) if special is None else special(store, field, text)


def _references(store: Store, field: Field, text: str) -> str:
    return ",".join(_reference(store, field, part) for part in text.split(",") if part)


def _reference(store: Store, field: Field, text: str) -> str:
    namespace, *others = field.words
    if text in others:
        return text
    for kind in (namespace, *(other[:-1] for other in others if other.endswith(":"))):
        name = store.resolve(kind, text)
        if name is not None:
            return name
    raise no_match(namespace if namespace in _SELF_NAMED else field.name)


def _gateway(store: Store, _field: Field, text: str) -> str:
    """Read addresses, `address%interface` or interfaces. Source: recorded text for a bad gateway."""
    for part in text.split(","):
        address, _, interface = part.partition("%")
        if interface or store.resolve("interface", address) is None:
            values.canonical("gateway", "gateway", address)
    return text


_SPECIAL: Mapping[str, Callable[[Store, Field, str], str]] = {
    "enum": lambda _store, field, text: values.canonical_enum(field.name, text, field.words),
    "int": lambda _store, field, text: values.canonical_int(field.name, text, field.bounds),
    "duration": lambda _store, field, text: values.canonical_duration(field.name, text, field.bounds),
    "ref": _reference,
    "refs": _references,
    "enums": lambda _store, field, text: values.canonical_words(field.name, text, field.words),
    "gateway": _gateway,
    "policy": lambda _store, _field, text: text,
}
