"""RouterOS exports: read, written, compared; and the one way to quote text for the console."""

from routeros_mcp.domain.export.comparing import ChangeKind, ObjectChange, PropertyChange, diff_exports
from routeros_mcp.domain.export.lines import logical_lines, readable_lines
from routeros_mcp.domain.export.model import (
    Argument,
    Command,
    Comment,
    Export,
    Find,
    Header,
    Heading,
    Section,
)
from routeros_mcp.domain.export.parse import parse_export
from routeros_mcp.domain.export.quoting import menu_words, property_word, quote, unquote
from routeros_mcp.domain.export.writing import serialise

__all__ = [
    "Argument",
    "ChangeKind",
    "Command",
    "Comment",
    "Export",
    "Find",
    "Header",
    "Heading",
    "ObjectChange",
    "PropertyChange",
    "Section",
    "diff_exports",
    "logical_lines",
    "menu_words",
    "parse_export",
    "property_word",
    "quote",
    "readable_lines",
    "serialise",
    "unquote",
]
