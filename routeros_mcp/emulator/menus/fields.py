"""What one argument or property of a menu is, read from one line of a menu table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.emulator import values


class Presence(StrEnum):
    """When REST shows a key. Source: recorded 7.16 to 7.24 replies, where absent is not empty."""

    ALWAYS = "always"
    WHEN_SET = "when-set"
    WHEN_TRUE = "when-true"
    HISTORY = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property: `kind` names the reader in `values`, or `enum`, `ref`, `refs`, `duration`, `policy`."""

    name: str
    kind: str = "any"
    words: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None
    default: str | None = None
    presence: Presence = Presence.WHEN_SET
    is_readonly: bool = False
    is_required: bool = False
    is_sensitive: bool = False
    is_negatable: bool = False

    @property
    def target(self) -> str | None:
        """The namespace a hard reference points into."""
        return self.words[0] if self.kind in {"ref", "refs"} else None


_LINE = re.compile(r"(?P<name>\S+)\s+(?P<kind>[a-z]+)(?:\((?P<detail>[^)]*)\))?(?P<rest>.*)")
_FLAGS = {"ro": "is_readonly", "req": "is_required", "sens": "is_sensitive", "neg": "is_negatable"}
_PRESENCES = {"true": Presence.WHEN_TRUE, "hist": Presence.HISTORY, "set": Presence.WHEN_SET}


def read_fields(table: str) -> dict[str, Field]:
    """Read lines of `name kind(detail) =default flags`.

    A default makes the key always present; flags: `ro` read-only, `req` required on add, `sens` needs the
    policy sensitive, `neg` takes a leading `!`, and `true`, `hist`, `set` choose another presence.
    """
    return {field.name: field for field in _fields(table)}


def _fields(table: str) -> Iterator[Field]:
    for line in filter(str.strip, table.splitlines()):
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise ValueError(f"not a field line: {line!r}")
        yield _field(found["name"], found["kind"], found["detail"] or "", found["rest"].split())


def _field(name: str, kind: str, detail: str, rest: list[str]) -> Field:
    default = next((word[1:].replace("␣", " ") for word in rest if word.startswith("=")), None)
    flags = {_FLAGS[word]: True for word in rest if word in _FLAGS}
    asked = [_PRESENCES[word] for word in rest if word in _PRESENCES]
    usual = Presence.WHEN_SET if default is None else Presence.ALWAYS
    return Field(
        name=name,
        kind=kind,
        words=tuple(detail.split("|")) if kind in {"enum", "enums", "ref", "refs"} else (),
        bounds=read_bounds(kind, detail),
        default=default,
        presence=asked[0] if asked else usual,
        **flags,
    )


def read_bounds(kind: str, detail: str) -> tuple[int, int] | None:
    low, dots, high = detail.partition("..")
    if not dots or kind not in {"int", "duration"}:
        return None
    read = int if kind == "int" else values.parse_duration
    return read(low), read(high)
