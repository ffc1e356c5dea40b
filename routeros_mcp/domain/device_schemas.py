"""The menu schema as it holds for one router: the packaged one, corrected by what the router says itself."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from routeros_mcp.domain.capabilities import Capabilities
from routeros_mcp.domain.errors import Forbidden, RouterosMcpError, UnknownMenu
from routeros_mcp.domain.models import InspectedMenu, MenuKind, MenuSpec, PropertySpec, ValueType
from routeros_mcp.domain.models.capability import RouterFacts
from routeros_mcp.domain.models.release import Release
from routeros_mcp.domain.ports import Clock, MenuInspector, MenuSchema, Target
from routeros_mcp.domain.values import dialect, property_spec

_MOST_KEPT = 2_000
_FAILURE_KEPT_S = 600.0
_ALWAYS = frozenset({"comment", "disabled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceMenu:
    """One menu of one router. `spec` is None for a menu that neither the schema nor the router knows.

    `own_names` leads from our names to the router's where they differ; `notes` say what is not certain.
    """

    spec: MenuSpec | None
    version: str = ""
    own_names: dict[str, str]
    own_path: str | None = None
    is_inspected: bool = False
    notes: tuple[str, ...] = ()


class DeviceSchemas:
    """Asks each version and architecture once per menu, when somebody wants to know; a failure is a note."""

    def __init__(
        self, schema: MenuSchema, inspector: MenuInspector, capabilities: Capabilities, clock: Clock
    ) -> None:
        self._schema = schema
        self._inspector = inspector
        self._capabilities = capabilities
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str, str], InspectedMenu | None] = OrderedDict()
        self._failed: dict[tuple[str, str], float] = {}

    async def release(self, target: Target) -> Release | None:
        return (await self._capabilities.facts(target)).release

    async def menu(self, target: Target, path: str) -> DeviceMenu:
        """The menu for the router's version, from its own console where that answers.

        Raises:
            DeviceError: the router itself cannot be reached.
        """
        facts = await self._capabilities.facts(target)
        known = self._schema.menu(path)
        seen, notes = await self._inspected(target, facts, path, known)
        spec = completed(known, seen) if seen else known
        release = facts.release
        notes += _too_new(spec, facts)
        own_path = seen.path if seen else dialect.own_paths(path, release)[0]
        old = {new: dialect.own_name(path, new, release) for new in dialect.old_names(path)}
        return DeviceMenu(
            spec=spec,
            version=facts.version,
            own_names={new: own for new, own in old.items() if new != own},
            own_path=own_path if own_path != path else None,
            is_inspected=seen is not None,
            notes=notes,
        )

    async def _inspected(
        self, target: Target, facts: RouterFacts, path: str, known: MenuSpec | None
    ) -> tuple[InspectedMenu | None, tuple[str, ...]]:
        key = (facts.version, facts.architecture, path)
        if key not in self._seen:
            try:
                self._keep(key, await self._asked(target, facts, path, known))
            except UnknownMenu:
                self._keep(key, None)
            except (RouterosMcpError, Forbidden) as error:
                return None, (f"By the packaged schema only: {error.message}",)
        seen = self._seen[key]
        return seen, () if seen else (f"{target.name} does not have {path}.",)

    async def _asked(
        self, target: Target, facts: RouterFacts, path: str, known: MenuSpec | None
    ) -> InspectedMenu:
        """A version whose console failed is left alone for a while: it may have hung."""
        kind = (facts.version, facts.architecture)
        failed_at = self._failed.get(kind)
        if failed_at is not None and self._clock.monotonic() - failed_at < _FAILURE_KEPT_S:
            raise Forbidden("the console of this version has not answered lately.")
        names = {*known.properties, *dialect.old_names(path).values()} if known else set()
        try:
            return await self._inspector.inspect(target, path, names)
        except (UnknownMenu, Forbidden):
            raise
        except RouterosMcpError:
            self._failed[kind] = self._clock.monotonic()
            raise

    def _keep(self, key: tuple[str, str, str], seen: InspectedMenu | None) -> None:
        self._seen[key] = seen
        if len(self._seen) > _MOST_KEPT:
            self._seen.popitem(last=False)


def completed(known: MenuSpec | None, seen: InspectedMenu) -> MenuSpec:
    """What is known of the menu, with the names that the router has and without those that it lacks.

    Types, secrets and requirements are the packaged schema's; of other properties, the console's help.
    """
    path = known.path if known else dialect.canonical_path(seen.path)
    taken = {dialect.canonical_name(path, name): text for name, text in seen.arguments.items()}
    shown = {dialect.canonical_name(path, name) for name in seen.readable}
    names = sorted(taken.keys() | shown | (set() if shown else _shown_only(known)))
    properties = {name: _property(known, name, taken.get(name)) for name in names}
    if known is None:
        kind = MenuKind.LIST if "add" in seen.commands or "remove" in seen.commands else MenuKind.SINGLE
        kind = kind if "print" in seen.commands else MenuKind.COMMANDS
        return MenuSpec(path=path, kind=kind, properties=properties, commands=seen.commands)
    return replace(
        known,
        from_manual=False,
        properties=properties if taken or shown else known.properties,
        commands=seen.commands or known.commands,
        keys=known.keys if set(known.keys) <= set(properties) or not properties else (),
        ordered="move" in seen.commands if seen.commands else known.ordered,
    )


def _property(known: MenuSpec | None, name: str, text: str | None) -> PropertySpec:
    held = property_spec(known, name) or PropertySpec(name=name, readable=True)
    writable = text is not None or (name in _ALWAYS and held.writable)
    return replace(
        held,
        writable=writable,
        required=held.required and writable,
        syntax=held.syntax or (text or ""),
        type=_type_by(text) if held.type is ValueType.UNKNOWN and text else held.type,
    )


def _type_by(text: str) -> ValueType:
    """The type that the console's help names, as far as it is certain."""
    if "time interval" in text:
        return ValueType.DURATION
    if "MAC address" in text:
        return ValueType.MAC
    return ValueType.TEXT if "string value" in text else ValueType.UNKNOWN


def _shown_only(known: MenuSpec | None) -> set[str]:
    return {p.name for p in known.properties.values() if not p.writable} if known else set()


def _too_new(spec: MenuSpec | None, facts: RouterFacts) -> tuple[str, ...]:
    if spec is None or facts.release is None:
        return ()
    menu = dialect.menu_notes(spec.path, facts.release)
    missing = dialect.missing_from(spec.path, spec.properties, facts.release)
    return menu + tuple(f"{name} came with RouterOS {release}." for name, release in missing.items())
