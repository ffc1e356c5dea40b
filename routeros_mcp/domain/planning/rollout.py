"""In which waves devices are changed, and what happens when one of them does not go well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum

from routeros_mcp.domain.errors import InvalidParams

CANARY_FIRST = ("1", "10%", "100%")
MOST_WAVES = 20
_MOST_DIGITS = 6
_ALL = 100


class OnFailure(StrEnum):
    """What is undone when a wave fails; a device that fails on its way goes back by itself in any case."""

    HALT = "halt"
    ROLL_BACK_DEVICE = "roll_back_device"
    ROLL_BACK_WAVE = "roll_back_wave"
    ROLL_BACK_ALL = "roll_back_all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How a plan is carried over its devices; part of what is approved.

    `waves` are sizes: a number of devices, or a share of those still left. The last one repeats until no
    device is left. `soak_s` is the time between a wave's gate and the next wave.
    """

    waves: tuple[str, ...] = CANARY_FIRST
    parallel: int = 5
    on_failure: OnFailure = OnFailure.ROLL_BACK_DEVICE
    gates: bool = True
    soak_s: float = 0.0

    def __post_init__(self) -> None:
        """Raises InvalidParams for waves that are none, or that never come to an end."""
        if not 1 <= len(self.waves) <= MOST_WAVES:
            raise InvalidParams(f"A rollout has 1 to {MOST_WAVES} waves.", fix=_EXAMPLE)
        for word in self.waves:
            _size(word, 1)
        if self.waves[-1].endswith("%") and self.waves[-1] != "100%":
            raise InvalidParams(f"After a last wave of {self.waves[-1]} devices are left.", fix=_EXAMPLE)

    def plain(self) -> dict[str, object]:
        """As it is stored with the plan and covered by its digest."""
        return {**asdict(self), "waves": list(self.waves), "on_failure": str(self.on_failure)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutWish:
    """What a plan's maker wants otherwise than the settings; None leaves it to them."""

    waves: tuple[str, ...] | None = None
    parallel: int | None = None
    on_failure: OnFailure | None = None
    gates: bool | None = None
    soak_s: float | None = None

    def over(self, settings: Rollout) -> Rollout:
        """Raises InvalidParams as `Rollout` does."""
        wanted = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(settings, **{name: value for name, value in wanted.items() if value is not None})


class StopKind(StrEnum):
    PAUSE = "pause"
    CANCEL = "cancel"
    HALT = "halt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why a rollout does not go on after a wave, and which devices (ids) are to be rolled back for it."""

    kind: StopKind
    reason: str
    wave: int | None = None
    undo: tuple[str, ...] = ()

    def plain(self) -> dict[str, object]:
        return {**asdict(self), "kind": str(self.kind), "undo": list(self.undo)}


def stored_stop(held: object) -> Stop | None:
    """What `Stop.plain` gave, read again."""
    if not isinstance(held, Mapping):
        return None
    return Stop(
        kind=StopKind(held["kind"]), reason=held["reason"], wave=held["wave"], undo=tuple(held["undo"])
    )


_EXAMPLE = 'Give sizes such as ["1", "10%", "100%"]; the last is a number, which repeats, or 100%.'


def rollout_of(options: Mapping[str, object]) -> Rollout:
    """What a plan's options say; the defaults for a plan that was made before there were any."""
    held = options.get("rollout")
    if not isinstance(held, Mapping):
        return Rollout()
    known = {**held, "waves": tuple(held["waves"]), "on_failure": OnFailure(held["on_failure"])}
    return Rollout(**known)


def wave_numbers(count: int, waves: Sequence[str] = CANARY_FIRST) -> list[int]:
    """The wave of each of so many devices in their order, counted from one; no number is left out."""
    numbers: list[int] = []
    while len(numbers) < count:
        wave = numbers[-1] + 1 if numbers else 1
        left = count - len(numbers)
        numbers += [wave] * min(left, _size(waves[min(wave, len(waves)) - 1], left))
    return numbers


def _size(word: str, left: int) -> int:
    """How many of the devices left a wave takes; at least one."""
    number = word.removesuffix("%")
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS) or int(number) < 1:
        raise InvalidParams(f"{word!r} is no size of a wave.", fix=_EXAMPLE)
    if number == word:
        return int(number)
    if int(number) > _ALL:
        raise InvalidParams(f"{word} is more than all devices.", fix=_EXAMPLE)
    return math.ceil(left * int(number) / _ALL)
