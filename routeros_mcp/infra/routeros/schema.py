"""What RouterOS menus look like: the packaged schema, loaded on first use, and ways to find a menu in it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from routeros_mcp.domain.models import MenuKind, MenuSpec, PropertySpec, ValueType

_FILE = Path(__file__).with_name("schema.json.gz")
_SEPARATORS = re.compile(r"[/\s]+")
_WORD = re.compile(r"[a-z0-9]+")
_PLURAL = re.compile(r"(?<!s)s$")
_NEAR_ENOUGH = 0.55
_SYNONYMS = {
    "ap": "wireless", "cert": "certificate", "client": "registration", "expiration": "expires",
    "expiry": "expires", "nameserver": "dns", "rule": "filter", "ssl": "tls", "temperature": "temp",
    "wlan": "wireless",
}  # fmt: skip
"""What people say, and the word that RouterOS uses."""

# What a word is worth by where it stands in a menu.
_LAST_SEGMENT, _LAST_PART, _SEGMENT, _PROPERTY, _COMMAND, _PROPERTY_PART, _VALUE = 30, 20, 14, 10, 8, 5, 2
_PHRASE_PATH, _PHRASE_PROPERTY = 40, 12


def normal_path(path: str) -> str:
    """The path as `/ip/dhcp-server/lease`, also from `ip dhcp-server lease` and `/ip/dhcp-server/lease/`."""
    return "/" + "/".join(part for part in _SEPARATORS.split(path.strip().lower()) if part)


class FileMenuSchema:
    """Menus of RouterOS 7.24 on CHR with all packages, and hardware menus from the vendor's manual.

    Source: the console's own description of itself; types of what it does not describe, hardware menus and
    the list of secrets: MikroTik manual, CLI reference.
    """

    def __init__(self, file: Path = _FILE) -> None:
        self._file = file
        self._built: dict[str, MenuSpec] = {}

    @cached_property
    def _data(self) -> Mapping[str, Any]:
        loaded: Mapping[str, Any] = json.loads(gzip.decompress(self._file.read_bytes()))
        return loaded

    @cached_property
    def _menus(self) -> Mapping[str, Any]:
        menus: Mapping[str, Any] = self._data["menus"]
        return menus

    @property
    def version(self) -> str:
        """The RouterOS version that the schema describes."""
        return str(self._data["routeros"])

    def paths(self) -> Sequence[str]:
        """Every known menu, sorted."""
        return list(self._menus)

    def menu(self, path: str) -> MenuSpec | None:
        known = normal_path(path)
        if known not in self._menus:
            return None
        if known not in self._built:
            self._built[known] = self._build(known)
        return self._built[known]

    def is_documented_only(self, path: str) -> bool:
        """Whether only the manual tells of the menu: mostly hardware, and its arguments may be incomplete."""
        entry = self._menus.get(normal_path(path))
        return bool(entry and entry[5])

    def _build(self, path: str) -> MenuSpec:
        kind, commands, listed, keys, package, from_manual = self._menus[path]
        names = tuple(self._data["words"][commands])
        properties = (self._property(index) for index in listed)
        return MenuSpec(
            path=path,
            kind=MenuKind(kind),
            properties={spec.name: spec for spec in properties},
            commands=names,
            keys=tuple(keys),
            ordered="move" in names,
            package=package,
            from_manual=bool(from_manual),
        )

    def _property(self, index: int) -> PropertySpec:
        name, kind, bits, words, syntax = self._data["properties"][index]
        return PropertySpec(
            name=name,
            type=ValueType(self._data["types"][kind]),
            values=tuple(self._data["words"][words]),
            writable=bool(bits & 1),
            readable=bool(bits & 2),
            required=bool(bits & 4),
            secret=bool(bits & 8),
            reference=bool(bits & 16),
            syntax=self._data["texts"][syntax],
        )

    def children(self, path: str) -> Sequence[str]:
        """The next level of menus, sorted; folders that hold only menus are among them."""
        start = normal_path(path).rstrip("/") + "/"
        below = {
            start + known[len(start) :].partition("/")[0] for known in self._menus if known.startswith(start)
        }
        return sorted(below - {"/"})

    def secrets_of(self, path: str) -> frozenset[str]:
        """Names of secret properties: the vendor's list for the menu and its parents, and by their look.

        For an unknown path the vendor's list alone; `redact_row` adds the look of the names it meets.
        """
        wanted = normal_path(path)
        listed = {
            name
            for prefix, names in self._data["secrets"].items()
            if f"{wanted}/".startswith(f"{prefix}/")
            for name in names
        }
        menu = self.menu(wanted)
        return frozenset(listed | (menu.secret_names() if menu else frozenset()))

    def near(self, path: str, limit: int = 5) -> Sequence[str]:
        wanted = _segments(normal_path(path))
        if not wanted:
            return []
        ranked = sorted((-_likeness(wanted, _segments(known)), known) for known in self._menus)
        return [known for score, known in ranked if -score >= _NEAR_ENOUGH][:limit]

    def search(self, text: str, limit: int = 20) -> Sequence[MenuSpec]:
        words = _WORD.findall(text.lower())
        if not words:
            return []
        ranked = sorted(
            (-score, path.count("/"), path) for path in self._menus if (score := self._score(path, words))
        )
        return [found for _, _, path in ranked[:limit] if (found := self.menu(path))]

    def _score(self, path: str, words: Sequence[str]) -> int:
        index = self._index[path]
        total = 0
        for word in words:
            worth = max(index.get(form, 0) for form in _forms(word))
            if not worth:
                return 0
            total += worth
        return total + self._phrase_worth(path, words) - (5 if self._menus[path][4] else 0)

    def _phrase_worth(self, path: str, words: Sequence[str]) -> int:
        phrases = {"-".join(forms) for forms in _phrases(words)}
        segments = _segments(path)
        if phrases & set(segments[-1:]) or "".join(words) in segments[-1:]:
            return _PHRASE_PATH
        names = {self._data["properties"][index][0] for index in self._menus[path][2]}
        return _PHRASE_PROPERTY if len(words) > 1 and phrases & names else 0

    @cached_property
    def _index(self) -> Mapping[str, Mapping[str, int]]:
        return {path: dict(_best(self._terms(path))) for path in self._menus}

    def _terms(self, path: str) -> Iterator[tuple[str, int]]:
        *parents, last = _segments(path) or ("",)
        yield from _parts(last, _LAST_SEGMENT, _LAST_PART)
        for parent in parents:
            yield from _parts(parent, _SEGMENT, _SEGMENT - 1)
        for command in self._data["words"][self._menus[path][1]]:
            yield from _parts(command, _COMMAND, _COMMAND - 1)
        for listed in self._menus[path][2]:
            name, _, _, words, _ = self._data["properties"][listed]
            yield from _parts(name, _PROPERTY, _PROPERTY_PART)
            for value in self._data["words"][words]:
                yield from _parts(value, _VALUE, _VALUE - 1)


def _segments(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _parts(name: str, whole: int, part: int) -> Iterator[tuple[str, int]]:
    words = _WORD.findall(name.lower())
    worth = whole if len(words) == 1 else part
    for word in words:
        yield word, worth


def _best(terms: Iterator[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    yield from sorted(terms, key=lambda term: term[1])


@lru_cache(maxsize=512)
def _forms(word: str) -> tuple[str, ...]:
    """The word as it may stand in a schema: itself, singular, plural, RouterOS's own term."""
    singular = word[: -2 if word.endswith(("sses", "ches", "shes")) else -1] if _PLURAL.search(word) else word
    plural = f"{word}es" if word.endswith(("s", "ch", "sh")) else f"{word}s"
    return tuple(dict.fromkeys((word, singular, plural, _SYNONYMS.get(singular, word))))


def _phrases(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(len(words)):
        yield tuple(words[start:])
        yield (*words[start:-1], _forms(words[-1])[1])


@lru_cache(maxsize=65_536)
def _alike(left: str, right: str) -> float:
    return 1.0 if left == right else SequenceMatcher(None, left, right, autojunk=False).ratio()


def _likeness(wanted: Sequence[str], known: Sequence[str]) -> float:
    """From 0 to 1: segments compared from the front and from the back, the better of both."""
    if not known:
        return 0.0
    length = max(len(wanted), len(known))
    front = sum(_alike(left, right) for left, right in zip(wanted, known, strict=False))
    back = sum(_alike(left, right) for left, right in zip(reversed(wanted), reversed(known), strict=False))
    return max(front, back) / length
