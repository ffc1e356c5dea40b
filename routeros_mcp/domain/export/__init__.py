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
from routeros_mcp.domain.export.searching import UNINDEXED, Hit, LineQuery, hits_in, line_query, words_of
from routeros_mcp.domain.export.writing import serialise

__all__ = [
    "UNINDEXED",
    "Argument",
    "ChangeKind",
    "Command",
    "Comment",
    "Export",
    "Find",
    "Header",
    "Heading",
    "Hit",
    "LineQuery",
    "ObjectChange",
    "PropertyChange",
    "Section",
    "diff_exports",
    "hits_in",
    "line_query",
    "logical_lines",
    "menu_words",
    "parse_export",
    "property_word",
    "quote",
    "readable_lines",
    "serialise",
    "unquote",
    "words_of",
]
