"""The commands of the language itself: their arguments, and since when there are any."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Slot(StrEnum):
    """How an argument is read: as a value, a block to run, a variable's name, or text with braces kept."""

    VALUE = "value"
    BLOCK = "block"
    NAME = "name"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a command takes. `unnamed` is the order of unnamed arguments.

    With `other` any further argument is taken, and read so. `filters` are the properties that a filter may
    name, None where the command takes no filter; a command that `always_filters` needs no `where` before it.
    """

    unnamed: tuple[str, ...] = ()
    slots: Mapping[str, Slot] = field(default_factory=lambda: MappingProxyType({}))
    other: Slot | None = None
    flags: frozenset[str] = frozenset()
    filters: frozenset[str] | None = None
    always_filters: bool = False
    since: tuple[int, int] = (7, 0)

    def slot(self, name: str) -> Slot:
        return self.slots.get(name, self.other or Slot.VALUE)


def _read(line: str) -> tuple[str, Signature]:
    """Read `name arg arg:slot -flag @7.13`."""
    name, *words = line.split()
    since, flags, slots = (7, 0), set[str](), dict[str, Slot]()
    for word in words:
        if word.startswith("@"):
            major, minor = word[1:].split(".")
            since = (int(major), int(minor))
        elif word.startswith("-"):
            flags.add(word[1:])
        else:
            argument, _, slot = word.partition(":")
            slots[argument] = Slot(slot or "value")
    return name, Signature(unnamed=tuple(slots), slots=slots, flags=frozenset(flags), since=since)


# Order and names of the arguments. Source: vendor manual, Scripting; names shown by `:parse` where recorded.
# Versions: change logs of 7.4, 7.11, 7.13 and 7.22.
_TABLE = """
beep frequency length as-value
break @7.22
continue @7.22
convert value from to transform options @7.11
delay delay-time
deserialize value from delimiter options @7.13
do command:block while on-error:block
error message
execute script:text file -as-string
find in key from
for counter:name from to step do:block
foreach counter:name in do:block
global name:name value do:block
if condition do:block else:block
jobname
len value
local name:name value do:block
nothing
onerror error:name in:block do:block @7.13
parse source:text
pick value begin end
put message
quit
range from to
resolve domain-name server server-port type
retry command:block delay max on-error:block @7.4
return value
rndnum from to
rndstr from length
serialize value to delimiter order options @7.13
set name:name value do:block
time command:block
timestamp -use-tz
toarray value
tobool value
tocrlf value
toid value
toip value
toip6 value
tolf value
tonsec value
tonum value
tostr value
totime value
typeof value
while condition do:block
"""
BUILTINS: Mapping[str, Signature] = dict(_read(line) for line in _TABLE.strip().splitlines())
LOG = Signature(unnamed=("message",), slots={"message": Slot.VALUE})
ANYTHING = Signature(unnamed=tuple(str(number) for number in range(1, 1000)), other=Slot.VALUE)
