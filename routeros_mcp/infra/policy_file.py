"""Reads the approval policy from its YAML file: whole and valid, or one error that says where and what."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self, get_args
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from routeros_mcp.domain.errors import SetupError
from routeros_mcp.domain.models import SCOPES_OF_ROLE, Environment, Risk, Role, Scope
from routeros_mcp.domain.planning.digest import canonical_json
from routeros_mcp.domain.planning.policies import (
    BUILT_IN,
    ApprovalPolicy,
    AtOnce,
    Caps,
    Demand,
    Freeze,
    Match,
    PolicyRule,
    Window,
    person_of,
)
from routeros_mcp.domain.planning.policies.calendar import DAYS, MINUTES_OF_DAY
from routeros_mcp.infra.routeros.schema import FileMenuSchema, normal_path

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_HOUR_MIN = 60
_LARGEST_BYTES = 1024 * 1024
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_FIX = "See docs/guide/approvals.md; try a file with `routeros-mcp policy check FILE`."
_SCHEMA = FileMenuSchema()


def load_policy(path: Path | None) -> ApprovalPolicy:
    """The policy of the file; the built-in one when no file is named.

    Raises:
        SetupError: the file is missing, may be written by others, or is no policy; names line and field.
    """
    if path is None:
        return BUILT_IN
    text = _read(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        twice = next(_keys_given_twice(root), None)
        if twice is not None:
            _refuse(path, twice.start_mark.line + 1, f"{twice.value}: given twice.")
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _refuse(path, mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}.")
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        _refuse(path, 1, f"not YAML: {type(error).__name__}.")
    try:
        held = _PolicyFile.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        _refuse(path, _line_of(root, first["loc"]), _words_of(first))
    return _policy(held, path)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS_MAY_WRITE:
                raise SetupError(f"Others may write the policy file {path}.", fix=f"chmod go-w {path}")
            return file.read(_LARGEST_BYTES).decode()
    except OSError as error:
        raise SetupError(
            f"The policy file {path} cannot be read: {error.strerror}.",
            fix="Correct the setting policy_file: without its policy the program does not start.",
        ) from error
    except UnicodeDecodeError as error:
        raise SetupError(f"The policy file {path} is not UTF-8.", fix=_FIX) from error


# -- what may stand in the file ----------------------------------------------------------------------------


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _minutes(value: object) -> int:
    # Unquoted, YAML 1.1 reads 22:00 as a number to the base of 60, which are the minutes after midnight.
    if isinstance(value, int) and not isinstance(value, bool) and _HOUR_MIN <= value <= MINUTES_OF_DAY:
        return value
    if isinstance(value, str) and _HOURS.fullmatch(value):
        hours, minutes = value.split(":")
        return int(hours) * _HOUR_MIN + int(minutes)
    raise ValueError('not a time of day, such as "22:00"')


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        near = ", ".join(difflib.get_close_matches(value, sorted(available_timezones()), n=3))
        raise ValueError(f"no IANA time zone{f'; did you mean {near}' if near else ''}?") from None


def _menu(value: str) -> str:
    path = normal_path(value)
    if path == "/" or _SCHEMA.menu(path) is not None or _SCHEMA.children(path):
        return path
    raise ValueError(f"no known menu; the nearest are {', '.join(_SCHEMA.near(path)) or 'none'}")


def _role(value: str) -> str:
    able = [str(role) for role in Role if Scope.APPROVE in SCOPES_OF_ROLE[role]]
    if value not in able:
        raise ValueError(f"no role that may approve: there is {', '.join(able)}")
    return value


_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_Word = Annotated[str, Field(min_length=1, max_length=255)]
_WordList = Annotated[list[_Word], BeforeValidator(_listed), Field(min_length=1)]
_Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
_Zone = Annotated[_Word, AfterValidator(lambda value: _zone(value).key)]
_Minutes = Annotated[int, BeforeValidator(_minutes)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Window(_Part):
    days: Annotated[list[_Day], BeforeValidator(_listed), Field(min_length=1)] = list(get_args(_Day))
    start: _Minutes = Field(0, alias="from")
    end: _Minutes = Field(MINUTES_OF_DAY, alias="to")
    time_zone: _Zone | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.start in {self.end, MINUTES_OF_DAY}:
            raise ValueError("the window has no length; leave out from and to for whole days")
        return self


class _Freeze(_Part):
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    reason: str = Field("", max_length=255)
    time_zone: _Zone | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.last < self.first:
            raise ValueError("the freeze ends before it begins")
        return self


class _When(_Part):
    environments: Annotated[list[Environment], BeforeValidator(_listed), Field(min_length=1)] | None = None
    tags: dict[_Word, _WordList] = {}
    risk: Risk | None = None
    devices: _Count = 1
    changes: _Count = 1
    paths: Annotated[list[Annotated[_Word, AfterValidator(_menu)]], BeforeValidator(_listed)] = []
    cannot_be_undone: bool = False


class _Require(_Part):
    approvers: Annotated[int, Field(strict=True, ge=1, le=20)] | None = None
    approved_by: _WordList | None = None
    roles: Annotated[list[Annotated[_Word, AfterValidator(_role)]], BeforeValidator(_listed)] = []
    risk: Risk | None = None
    windows: list[_Window] = []
    freezes: list[_Freeze] = []
    devices_per_plan: _Count | None = None
    devices_per_tag: dict[_Word, _Count] = {}
    devices_per_day: _Count | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("the rule demands nothing")
        named = {person_of(name) for name in self.approved_by or ()}
        if named and len(named) < (self.approvers or 1):
            raise ValueError(f"{self.approvers} approvers are needed and {len(named)} named in approved_by")
        return self


class _Rule(_Part):
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
    when: _When = _When()
    require: _Require


class _PolicyFile(_Part):
    low_risk_at_once: AtOnce = AtOnce.EVERYWHERE
    time_zone: _Zone = "UTC"
    rules: list[_Rule] = []

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two rules have the name {twice!r}")
        return self


_PARTS: Mapping[str, type[_Part]] = {
    "": _PolicyFile,
    "rules": _Rule,
    "when": _When,
    "require": _Require,
    "windows": _Window,
    "freezes": _Freeze,
}


# -- the domain's own words ------------------------------------------------------------------------------


def _policy(held: _PolicyFile, path: Path) -> ApprovalPolicy:
    digest = hashlib.sha256(canonical_json(held.model_dump(mode="json"))).hexdigest()
    rules = tuple(
        PolicyRule(name=rule.name, match=_match(rule.when), demand=_demand(rule.require, held.time_zone))
        for rule in held.rules
    )
    return ApprovalPolicy(rules=rules, at_once=held.low_risk_at_once, digest=digest, source=str(path))


def _match(when: _When) -> Match:
    return Match(
        environments=frozenset(when.environments or ()),
        tags={key: frozenset(values) for key, values in when.tags.items()},
        paths=tuple(when.paths),
        risk=when.risk,
        devices=when.devices,
        changes=when.changes,
        irreversible=when.cannot_be_undone,
    )


def _demand(require: _Require, time_zone: str) -> Demand:
    return Demand(
        approvers=require.approvers,
        among=frozenset(person_of(name) for name in require.approved_by or ()),
        roles=frozenset(require.roles),
        risk=require.risk,
        windows=tuple(
            Window(
                days=frozenset(DAYS.index(day) for day in window.days),
                start_min=window.start,
                end_min=window.end,
                zone=ZoneInfo(window.time_zone or time_zone),
            )
            for window in require.windows
        ),
        freezes=tuple(_freeze(freeze, ZoneInfo(freeze.time_zone or time_zone)) for freeze in require.freezes),
        caps=Caps(
            per_plan=require.devices_per_plan,
            per_tag=require.devices_per_tag,
            per_day=require.devices_per_day,
        ),
    )


def _freeze(freeze: _Freeze, zone: ZoneInfo) -> Freeze:
    return Freeze(
        starts=datetime.combine(freeze.first, time(), zone),
        ends=datetime.combine(freeze.last + timedelta(days=1), time(), zone),
        reason=freeze.reason,
    )


# -- what is wrong, and where ----------------------------------------------------------------------------


def _refuse(path: Path, line: int, words: str) -> NoReturn:
    raise SetupError(f"The policy file {path} is not valid, line {line}: {words}", fix=_FIX) from None


def _words_of(problem: Mapping[str, Any]) -> str:
    location: tuple[str | int, ...] = problem["loc"]
    field = ".".join(str(part) for part in location) or "the file"
    if problem["type"] == "extra_forbidden":
        names = _names_beside(location)
        near = difflib.get_close_matches(str(location[-1]), names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}."
        return f"{field}: no such field; {hint}"
    if problem["type"] == "model_type":
        return f"{field}: a mapping of names and values is expected."
    given = problem["input"]
    shown = f" (it is {given!r:.80})" if isinstance(given, str | int | float) else ""
    return f"{field}: {str(problem['msg']).removeprefix('Value error, ')}{shown}."


def _names_beside(location: Sequence[str | int]) -> list[str]:
    above = next((part for part in reversed(location[:-1]) if isinstance(part, str)), "")
    return [field.alias or name for name, field in _PARTS[above].model_fields.items()]


def _line_of(root: yaml.Node | None, location: Sequence[str | int]) -> int:
    """The line of the deepest part of the location that stands in the file."""
    node, line = root, 1
    for part in location:
        key, node = _child(node, part)
        if node is None:
            break
        line = (key or node).start_mark.line + 1
    return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None, None


def _keys_given_twice(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Of two equal keys YAML silently keeps the last: half a policy would be lost."""
    seen: set[int] = set()
    waiting = [root] if root else []
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            yield from (key for key, _ in node.value if keys.count(key.value) > 1)
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
