"""What recipes take: arguments with a meaning, read and checked in one place."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models import ChangeOp
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.planning.wishes import Wish

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST_NAME = 253
_MOST_ITEMS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`arguments` says what each argument means, for the one who asks; those in `needs` must be given."""

    name: str
    summary: str
    arguments: Mapping[str, str]
    needs: tuple[str, ...] = ()
    build: Callable[[Given], tuple[Wish, ...]]


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of one call; each method reads one and refuses what cannot be meant."""

    recipe: str
    values: Mapping[str, object]

    @classmethod
    def of(cls, recipe: Recipe, arguments: Mapping[str, object]) -> Given:
        meant = "; ".join(f"{name}: {meaning}" for name, meaning in recipe.arguments.items())
        unknown = sorted(set(arguments) - set(recipe.arguments))
        if unknown:
            raise InvalidParams(
                f"{recipe.name} has no argument {', '.join(unknown)}.", fix=f"Valid: {meant}."
            )
        given = {name: value for name, value in arguments.items() if value is not None}
        missing = [name for name in recipe.needs if name not in given]
        if missing:
            raise InvalidParams(f"{recipe.name} needs {', '.join(missing)}.", fix=f"Valid: {meant}.")
        return cls(recipe.name, given)

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int)) or str(value) == "":
            raise self._refusal(name, "a text")
        return str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.values.get(name, default)
        known = {"true": True, "yes": True, "false": False, "no": False}
        if isinstance(value, str) and value.lower() in known:
            return known[value.lower()]
        if not isinstance(value, bool):
            raise self._refusal(name, "true or false")
        return value

    def words(self, name: str) -> list[str] | None:
        value = self.values.get(name)
        if value is None:
            return None
        listed = [value] if isinstance(value, str) else value
        if (
            not isinstance(listed, Sequence)
            or not listed
            or not all(isinstance(w, str) and w for w in listed)
        ):
            raise self._refusal(name, "a list of texts such as ['a', 'b']")
        if len(listed) > _MOST_ITEMS:
            raise self._refusal(name, f"a list of at most {_MOST_ITEMS}")
        return [str(word) for word in listed]

    def address(self, name: str) -> str | None:
        text = self.text(name)
        if text is not None and not is_address(text):
            raise self._refusal(name, "an IP address")
        return text

    def prefix(self, name: str) -> str | None:
        """A network; host bits are refused, since RouterOS would clear some and refuse others."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return str(ipaddress.ip_network(text))
        except ValueError:
            raise self._refusal(name, "a network such as 192.0.2.0/24") from None

    def number(self, name: str, low: int, high: int) -> str | None:
        text = self.text(name)
        if text is None:
            return None
        if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
            raise self._refusal(name, f"a number from {low} to {high}")
        return str(int(text))

    def servers(self, name: str, *, names_allowed: bool) -> list[str] | None:
        listed = self.words(name)
        for server in listed or ():
            if not is_address(server) and not (names_allowed and is_host_name(server)):
                raise self._refusal(name, "addresses or host names" if names_allowed else "IP addresses")
        return listed

    def _refusal(self, name: str, wanted: str) -> InvalidParams:
        shown = repr(self.values.get(name))[:100]
        return InvalidParams(
            f"{self.recipe}: {name} is {shown}, which is not {wanted}.", fix=f"Give {wanted}."
        )


def setting(path: str, values: Mapping[str, str | None], **match: str) -> Operation:
    """A `set` of what is given: None means that it was not, not that it is to be unset."""
    given = {name: value for name, value in values.items() if value is not None}
    return Operation(op=ChangeOp.SET, path=path, match=match, values=given)


def present(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """The values that were given."""
    return {name: value for name, value in values.items() if value is not None}


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_host_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    looks_numeric = all(label.isdigit() for label in labels)
    return not looks_numeric and len(text) <= _LONGEST_NAME and all(map(_LABEL.fullmatch, labels))
