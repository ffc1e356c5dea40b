"""What a menu table declares beyond the menu tree."""

from dataclasses import dataclass, field
from enum import StrEnum


class ExportStyle(StrEnum):
    """How `/export` names a row it changes rather than adds. Source: 141 public exports."""

    ADD = "add"
    BY_DEFAULT_NAME = "default-name"
    BY_NAME = "name"
    BY_NUMBER = "number"
    BY_DEFAULT = "default"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One menu as its area tells it.

    `fields` is a table for `read_fields`; `defaults` holds words `name=value` for what the menu tree already
    types: such keys always show; `refs` holds words `name=namespace`, `+name=namespace` for lists; `unique`
    pairs argument names that together must differ with the refusal; `sequence` names the id counter
    (interface menus share one); `first_id` is the first id; `namespace` is what hard references call rows of
    this menu; `boards` limits the menu to some hardware.
    """

    fields: str = ""
    defaults: str = ""
    refs: str = ""
    kind: str = ""
    commands: str = ""
    required: tuple[str, ...] = ()
    unique: tuple[tuple[str, str], ...] = ()
    sequence: str = ""
    first_id: int = 1
    namespace: str = ""
    interface_type: str = ""
    export: ExportStyle = ExportStyle.ADD
    boards: str = ""
    auto_name: str = ""
    factory: tuple[dict[str, str], ...] = field(default=())
