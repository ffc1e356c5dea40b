"""How callers name devices: ids, names, `tag:site=ams`, `env:lab`, `status:degraded`, `all`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from routeros_mcp.domain.errors import InvalidParams


class Selectable(Protocol):
    """The facts of a device that a selector looks at."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def tags(self) -> object: ...


_FIX = "Use device names or ids, `tag:key=value`, `env:lab`, `status:degraded` or `all`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A bounded set of devices.

    Names and ids add up; the filters (tags, environments, statuses) of different kinds narrow each other and
    those of one kind add up. Names given beside filters are taken in addition.
    """

    every: bool = False
    names: frozenset[str] = frozenset()
    tags: frozenset[tuple[str, str]] = frozenset()
    environments: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()

    @classmethod
    def everything(cls) -> Self:
        return cls(every=True)

    @classmethod
    def parse(cls, words: Iterable[str]) -> Self:
        """Read selector words; a single word may hold several, separated by commas.

        Raises:
            InvalidParams: an empty or malformed word.
        """
        parts = [part.strip() for word in words for part in word.split(",")]
        names: set[str] = set()
        filters: dict[str, set[str]] = {"env": set(), "status": set()}
        tags: set[tuple[str, str]] = set()
        for part in parts:
            kind, colon, value = part.partition(":")
            if part == "all":
                continue
            if colon and kind == "tag":
                tags.add(_tag(value))
            elif colon and kind in filters:
                filters[kind].add(_value(part, value))
            else:
                names.add(_value(part, part))
        return cls(
            every="all" in parts,
            names=frozenset(names),
            tags=frozenset(tags),
            environments=frozenset(filters["env"]),
            statuses=frozenset(filters["status"]),
        )

    @property
    def is_empty(self) -> bool:
        return not (self.every or self.names or self.has_filters)

    @property
    def sees_all(self) -> bool:
        """Whether nothing narrows it: filters beside `all` do."""
        return self.every and not self.has_filters

    @property
    def has_filters(self) -> bool:
        return bool(self.tags or self.environments or self.statuses)

    def matches(self, device: Selectable) -> bool:
        if device.id in self.names or device.name in self.names:
            return True
        if not self.has_filters:
            return self.every
        return self._tags_match(device.tags) and self._states_match(device)

    def _states_match(self, device: Selectable) -> bool:
        environment_fits = not self.environments or str(device.environment) in self.environments
        return environment_fits and (not self.statuses or str(device.status) in self.statuses)

    def _tags_match(self, tags: object) -> bool:
        if not self.tags:
            return True
        held = tags if isinstance(tags, Mapping) else {}
        wanted: dict[str, set[str]] = {}
        for key, value in self.tags:
            wanted.setdefault(key, set()).add(value)
        return all(held.get(key) in values for key, values in wanted.items())


def _tag(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise InvalidParams(f"tag:{text} is not a tag filter.", fix=_FIX)
    return key, value


def _value(part: str, value: str) -> str:
    if not value:
        raise InvalidParams(f"{part!r} names no device.", fix=_FIX)
    return value
