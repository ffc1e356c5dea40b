"""The text of `/export`: sections in the router's order, changed arguments only, quoted and wrapped."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from routeros_mcp.emulator import wrapping
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.menus.declared import ExportStyle
from routeros_mcp.emulator.menus.fields import Field
from routeros_mcp.emulator.menus.registry import Kind
from routeros_mcp.emulator.store import Row, Store, Table

_BARE = re.compile(r"[A-Za-z0-9\-./_,:!@*+>]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "$": "\\$", "?": "\\?", "\r": "\\r", "\n": "\\n", "\t": "\\t"}
_OLD_DATES_UNTIL = (7, 9)
# Arguments printed although they hold what an added row would have anyway. Source: public exports.
_SPOKEN = {"action", "listen-port"}
# Sections the measured list lacks, with the section each stands before. Assumed from their families.
_PLACED = {
    "/queue/type": "/routing/table",
    "/queue/tree": "/routing/table",
    "/snmp/community": "/user/group",
    "/queue/simple": "/ip/address",
    "/radius": "/system/clock",
    "/snmp": "/system/clock",
}
_NTP = "/system/ntp/client"
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_FIRMWARE_NOTE = "# Firmware upgraded successfully, please reboot for changes to take effect!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the words after `export` ask for.

    `paths` narrows it to these menus and what is below, without those after a `!`; `only` keeps of the menu
    itself the rows with these ids.
    """

    path: str = ""
    paths: tuple[str, ...] = ()
    only: frozenset[str] | None = None
    is_terse: bool = False
    is_verbose: bool = False
    shows_secrets: bool = False
    width: int = wrapping.WIDTH


def export(store: Store, options: Options) -> str:
    """Return the export with bare line feeds, one at the very end too."""
    lines = list(_header(store))
    for path in _ordered(store, options):
        commands = list(_commands(store, path, options))
        if not commands:
            continue
        section = "/" + path[1:].replace("/", " ")
        if options.is_terse:
            lines += [f"{section} {command}" for command in commands]
            continue
        lines.append(section)
        for command in commands:
            lines += wrapping.wrap(command, options.width)
    return "\n".join(lines) + "\n"


def _header(store: Store) -> Iterator[str]:
    """Name time, version and hardware. Source: 141 public exports, 7.1 to 7.23."""
    spec, now = store.spec, store.stamp()
    yield f"# {_old_date(now) if spec.release <= _OLD_DATES_UNTIL else now} by RouterOS {spec.version}"
    if spec.is_chr:
        yield "# system id = aBcDeFgHiJk"
    else:
        yield f"# software id = {spec.name[:4].upper():X<4}-{spec.seed:04X}"
    yield "#"
    if not spec.is_chr:
        yield f"# model = {spec.board}"
        yield f"# serial number = {spec.serial}"


def _old_date(stamp: str) -> str:
    year, month, rest = stamp.split("-", 2)
    day, clock = rest.split(" ")
    at = int(month) * 3
    return f"{_MONTHS[at - 3 : at]}/{day}/{year} {clock}"


def _ordered(store: Store, options: Options) -> list[str]:
    """Return the menus to export; those no real export showed follow, sorted."""
    seen = {
        "/" + section[1:].replace(" ", "/"): number for number, section in enumerate(registry.section_order())
    }
    known = [path for path in registry.paths() if path and store.has(path) and _is_exported(path)]
    chosen = [path for path in known if _is_asked(path, options)]
    return sorted(chosen, key=lambda path: (_rank(path, seen), path))


def _is_asked(path: str, options: Options) -> bool:
    if options.only is not None:
        return path == options.path
    wanted = [named for named in options.paths if not named.startswith("!")] or [options.path]
    unwanted = [named[1:] for named in options.paths if named.startswith("!")]
    return any(_is_below(path, menu) for menu in wanted) and not any(_is_below(path, u) for u in unwanted)


def _is_below(path: str, menu: str) -> bool:
    return not menu or path == menu or path.startswith(menu + "/")


def _rank(path: str, seen: Mapping[str, int]) -> float:
    if path in _PLACED:
        return seen[_PLACED[path]] - 0.5
    return seen[path] if path in seen else _after_relative(path, seen)


def _after_relative(path: str, seen: Mapping[str, int]) -> float:
    """Place a menu behind the last one of the same family."""
    parent = path
    while "/" in parent[1:]:
        parent = parent.rsplit("/", 1)[0]
        near = [number for other, number in seen.items() if other.startswith(parent + "/") or other == parent]
        if near:
            return max(near) + 0.5
    return float(len(seen))


def _is_exported(path: str) -> bool:
    menu = registry.menu(path)
    return menu.kind is not Kind.DIRECTORY and menu.declared.export is not ExportStyle.NEVER


def _commands(store: Store, path: str, options: Options) -> Iterator[str]:
    if path == "/system/ntp/client/servers":
        for server in filter(None, store.single(_NTP).values.get("servers", "").split(",")):
            yield f"add address={quoted(server)}"
    table = store.table(path)
    if path == "/system/routerboard/settings" and table.rows[0].values:
        yield _FIRMWARE_NOTE
    for number, row in enumerate(table.rows):
        if not row.is_dynamic and (options.only is None or row.id in options.only):
            yield from _command(table, number, row, options)


def _command(table: Table, number: int, row: Row, options: Options) -> Iterator[str]:
    arguments = _shorthand(_arguments(table, row, options))
    if table.menu.kind is Kind.LIST and row.factory is None and row.values.get("builtin") != "true":
        yield " ".join(["add", *arguments])
    elif arguments:
        yield " ".join(filter(None, ["set", _selector(table, number, row), *arguments]))


def _selector(table: Table, number: int, row: Row) -> str:
    if not table.menu.is_list:
        return ""
    match table.menu.declared.export:
        case ExportStyle.BY_DEFAULT_NAME:
            return f"[ find default-name={row.values['default-name']} ]"
        case ExportStyle.BY_DEFAULT:
            return "[ find default=yes ]"
        case ExportStyle.BY_NUMBER:
            return str(number)
        case _:
            return quoted((row.factory or row.values).get("name", row.id))


def _arguments(table: Table, row: Row, options: Options) -> list[tuple[str, str]]:
    held = {**table.menu.always, **row.values} if options.is_verbose or _speaks(table) else row.values
    return sorted(
        (table.menu.outward(name), _text(table.menu.fields[name], text))
        for name, text in held.items()
        if _is_printed(table, row, name, text, options)
    )


def _speaks(table: Table) -> bool:
    """Firewall rules always name their action. Source: public exports."""
    return "/firewall/" in table.menu.path and "action" in table.menu.always


def _is_printed(table: Table, row: Row, name: str, text: str, options: Options) -> bool:
    field = table.menu.fields.get(name)
    if field is None or field.is_readonly or (name in table.menu.secrets and not options.shows_secrets):
        return False
    if table.menu.path == _NTP and name == "servers":
        return False
    if row.factory is not None and row.factory.get(name) == text:
        return False
    if options.is_verbose or name in _SPOKEN or table.menu.path.endswith("/route"):
        return True
    usual = (
        table.menu.always.get(name, field.default) if row.factory is None or name not in row.factory else None
    )
    return text != usual


def _text(field: Field, text: str) -> str:
    match field.kind:
        case "flag":
            return ""
        case "bool":
            return {"true": "yes", "false": "no"}.get(text, text)
        case "rate" | "pair":
            return "/".join(_short_rate(part) for part in text.split("/"))
        case _:
            return quoted(text)


def _short_rate(text: str) -> str:
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if text.isdecimal() and int(text) and int(text) % size == 0:
            return f"{int(text) // size}{unit}"
    return text


def _shorthand(arguments: list[tuple[str, str]]) -> list[str]:
    """Write `configuration.mode=ap .ssid=x`: a repeated prefix is left out. Source: exports with wifi."""
    written, last = [], ""
    for name, text in arguments:
        prefix, dot, rest = name.rpartition(".")
        shown = f".{rest}" if dot and prefix == last else name
        last = prefix if dot else ""
        written.append(f"{shown}={text}" if text else shown)
    return written


def quoted(text: str) -> str:
    """Quote as exports do: empty, holding other than plain characters, or too long for one line.

    Source: holds for all of about 11,400 values in public exports but one edited by hand.
    """
    if _BARE.fullmatch(text) and wrapping.fits_continuation(text):
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if " " <= character <= "~":
        return character
    return "".join(f"\\{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
