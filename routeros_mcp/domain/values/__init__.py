"""RouterOS values: what a string means as its type, and when two strings mean the same."""

from routeros_mcp.domain.values.canonical import canonical, is_set_like, same
from routeros_mcp.domain.values.names import did_you_mean, property_spec, volatile
from routeros_mcp.domain.values.parse import (
    format_duration,
    parse_bool,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_gmt_offset,
    parse_rate,
    parse_size,
)
from routeros_mcp.domain.values.text import TEXT_LIMIT, clean_text
from routeros_mcp.domain.values.typed import typed_row, typed_value

__all__ = [
    "TEXT_LIMIT",
    "canonical",
    "clean_text",
    "did_you_mean",
    "format_duration",
    "is_set_like",
    "parse_bool",
    "parse_date",
    "parse_datetime",
    "parse_duration",
    "parse_gmt_offset",
    "parse_rate",
    "parse_size",
    "property_spec",
    "same",
    "typed_row",
    "typed_value",
    "volatile",
]
