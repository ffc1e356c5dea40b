"""Secrets inside plans: sealed where a plan is stored, opened only to compare and to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from routeros_mcp.domain.models import Change
from routeros_mcp.domain.planning.footprint import Image
from routeros_mcp.domain.ports import MenuSchema, Vault
from routeros_mcp.domain.redaction import turn_assigned

_MARK = "sealed:"


class PlanSecrets:
    """Seals the values of secret properties, bound to their plan, menu and property.

    Of a script it seals what is assigned to names that look secret, and leaves the rest to be read.
    """

    def __init__(self, vault: Vault, schema: MenuSchema) -> None:
        self._vault = vault
        self._schema = schema

    def seal_changes(self, plan_id: str, changes: Sequence[Change]) -> tuple[Change, ...]:
        return tuple(self._changed(change, self._sealer(plan_id, change.path)) for change in changes)

    def open_change(self, plan_id: str, change: Change) -> Change:
        """Raises WrongKey when a value was sealed by another key or for another plan."""
        return self._changed(change, self._opener(plan_id, change.path))

    def seal_images(self, plan_id: str, images: Sequence[Image]) -> tuple[Image, ...]:
        return tuple(_mapped(image, self._sealer(plan_id, str(image["path"]))) for image in images)

    def open_images(self, plan_id: str, images: Sequence[Image]) -> tuple[Image, ...]:
        return tuple(_mapped(image, self._opener(plan_id, str(image["path"]))) for image in images)

    def checkpoint_password(self, plan_id: str, device_id: str) -> str:
        """Of the backup that a plan saves on a router; nothing keeps it, the master key makes it anew."""
        return self._vault.mac("checkpoint", f"{plan_id}/{device_id}".encode())[:40]

    def _changed(self, change: Change, turn: _Turn) -> Change:
        return replace(
            change,
            key={name: str(turn(name, value)) for name, value in change.key.items()},
            before=_values(change.before, turn),
            after=_values(change.after, turn),
            position=_named(change.position, turn),
            origin=_named(change.origin, turn),
        )

    def _sealer(self, plan_id: str, path: str) -> _Turn:
        secrets = self._schema.secrets_of(path)

        def seal(name: str, value: str | None) -> str | None:
            def sealed(text: str) -> str:
                return _MARK + self._vault.seal(text, _context(plan_id, path, name))

            if not value:
                return value
            return sealed(value) if name in secrets else turn_assigned(value, lambda t: f'"{sealed(t)}"')

        return seal

    def _opener(self, plan_id: str, path: str) -> _Turn:
        secrets = self._schema.secrets_of(path)

        def unseal(name: str, value: str | None) -> str | None:
            def opened(text: str) -> str:
                if not text.startswith(_MARK):
                    return text
                return self._vault.open(text.removeprefix(_MARK), _context(plan_id, path, name))

            if value is None:
                return value
            if name in secrets:
                return opened(value)
            return turn_assigned(value, lambda t: opened(t[1:-1]) if t.startswith(f'"{_MARK}') else t)

        return unseal


_Turn = Callable[[str, str | None], str | None]


def _context(plan_id: str, path: str, name: str) -> str:
    return f"plans|{plan_id}|{path}|{name}"


def _values(values: Mapping[str, str | None] | None, turn: _Turn) -> Mapping[str, str | None] | None:
    return None if values is None else {name: turn(name, value) for name, value in values.items()}


def _named(key: Mapping[str, str] | None, turn: _Turn) -> Mapping[str, str] | None:
    return None if key is None else {name: str(turn(name, value)) for name, value in key.items()}


def _mapped(image: Image, turn: _Turn) -> Image:
    return {
        part: {str(name): turn(str(name), str(v)) for name, v in value.items()}
        if isinstance(value, Mapping)
        else value
        for part, value in image.items()
    }
