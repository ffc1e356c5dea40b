"""What is known of RouterOS menus, in general and on one router."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from routeros_mcp.domain.device_schemas import DeviceMenu
from routeros_mcp.domain.models import MenuSpec, PropertySpec
from routeros_mcp.toolkit.spec import READS, Call, OptionalDeviceParams, Result
from routeros_mcp.tools.read import READ
from routeros_mcp.tools.shapes import counted

__all__ = ["READ"]

_MOST_CHARACTERS = 6_000
"""Of the properties of one answer: about 1,500 tokens."""
_MOST_VALUES = 12
_HINT = "From the manual only, so a hint: some boards have it, and it may list less than they take."
_MOST_NAMES = 40


class DescribeParams(OptionalDeviceParams):
    path: str | None = Field(default=None, max_length=200)
    """Menu to describe."""
    search: str | None = Field(default=None, max_length=200)
    """Words to look for in menus; with path, in the names of its properties."""
    limit: int = Field(default=15, ge=1, le=50)


class Described(Result):
    path: str | None = None
    kind: str | None = None
    keys: list[str] = []
    ordered: bool | None = None
    commands: list[str] = []
    properties: dict[str, str] = {}
    """Name to type; `!` required to add, `*` read-only, `$` secret, values in brackets."""
    menus_below: list[str] = []
    found: list[str] = []
    """Menus that fit the search, best first, with their kind."""
    left_out: int = 0
    version: str | None = None
    own_path: str | None = None
    own_names: dict[str, str] | None = None
    """What this router's version calls some of them: either name is understood."""
    from_router: bool | None = None
    """Whether the router itself was asked."""
    notes: list[str] | None = None

    def headline(self) -> str:
        if self.path:
            where = f" on RouterOS {self.version}" if self.version else ""
            count = len(self.properties) + self.left_out
            return f"{self.path} is a {self.kind} menu with {count} properties{where}."
        return f"{counted(len(self.found), 'menu')} found; describe one by its path."


@READ.tool("Describe RouterOS menus", READS)
async def routeros_describe(call: Call, params: DescribeParams) -> Described:
    """Find RouterOS menus, their properties, types and commands, in general or on one device's version."""
    menus = call.services.menus
    if params.path is None:
        if params.search is None:
            return Described(found=list(menus.schema.children("/")))
        found = menus.search(params.search, params.limit)
        return Described(found=[f"{menu.path} ({menu.kind})" for menu in found])
    if params.device is None:
        return _described(call, menus.describe(params.path), params.search)
    on_device = await menus.describe_on(call.device, params.path)
    return _on_device(_described(call, on_device.spec, params.search), on_device)


def _on_device(shown: Described, found: DeviceMenu) -> Described:
    return shown.model_copy(
        update={
            "version": found.version,
            "own_path": found.own_path,
            "own_names": found.own_names or None,
            "from_router": found.is_inspected,
            "notes": [*(shown.notes or ()), *found.notes] or None,
        }
    )


def _described(call: Call, menu: MenuSpec | None, search: str | None) -> Described:
    if menu is None:
        return Described()
    words = (search or "").lower().split()
    fitting = [each for each in _by_use(menu) if all(word in each.name for word in words)]
    shown = _within(_MOST_CHARACTERS, fitting)
    return Described(
        path=menu.path,
        kind=str(menu.kind),
        keys=list(menu.keys),
        ordered=menu.ordered or None,
        commands=list(menu.commands)[:_MOST_NAMES],
        properties=shown,
        menus_below=list(call.services.menus.schema.children(menu.path))[:_MOST_NAMES],
        left_out=len(fitting) - len(shown),
        notes=[_HINT] if menu.from_manual else None,
    )


def _by_use(menu: MenuSpec) -> Sequence[PropertySpec]:
    """What names a row and what it needs first, then what can be written, then what can be read."""

    def place(each: PropertySpec) -> tuple[bool, bool, bool, str]:
        return (each.name not in menu.keys, not each.required, not each.writable, each.name)

    return sorted(menu.properties.values(), key=place)


def _within(room: int, properties: Iterable[PropertySpec]) -> dict[str, str]:
    shown: dict[str, str] = {}
    for each in properties:
        told = _told(each)
        room -= len(each.name) + len(told) + 6
        if room < 0:
            break
        shown[each.name] = told
    return shown


def _told(prop: PropertySpec) -> str:
    marks = ("!" if prop.required else "") + ("" if prop.writable else "*") + ("$" if prop.secret else "")
    more = "|…" if len(prop.values) > _MOST_VALUES else ""
    values = f" [{'|'.join(prop.values[:_MOST_VALUES])}{more}]" if prop.values else ""
    return f"{prop.type}{marks}{values}"
