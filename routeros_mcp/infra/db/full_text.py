"""SQLite's full-text index of the words of configurations, kept up to date by triggers."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, event

SEARCH_INDEX = "config_words_fts"
_STATEMENTS = (
    # Only which words there are is indexed, not where: the texts themselves tell that.
    """
    CREATE VIRTUAL TABLE config_words_fts USING fts5(
        words, content='config_words', content_rowid='number',
        columnsize=0, detail=none, tokenize="ascii tokenchars '_'"
    )
    """,
    """
    CREATE TRIGGER config_words_after_insert AFTER INSERT ON config_words BEGIN
        INSERT INTO config_words_fts(rowid, words) VALUES (new.number, new.words);
    END
    """,
    """
    CREATE TRIGGER config_words_after_delete AFTER DELETE ON config_words BEGIN
        INSERT INTO config_words_fts(config_words_fts, rowid, words)
        VALUES ('delete', old.number, old.words);
    END
    """,
    """
    CREATE TRIGGER config_words_after_update AFTER UPDATE ON config_words BEGIN
        INSERT INTO config_words_fts(config_words_fts, rowid, words)
        VALUES ('delete', old.number, old.words);
        INSERT INTO config_words_fts(rowid, words) VALUES (new.number, new.words);
    END
    """,
)


def keep_indexed(table: Table) -> None:
    """Have the index made along with its table where tables are made without migrations."""

    def make(target: Table, connection: Connection, **options: Any) -> None:
        del target, options
        if connection.dialect.name == "sqlite":
            for statement in _STATEMENTS:
                connection.exec_driver_sql(statement)

    event.listen(table, "after_create", make)


def row_number(device_id: str) -> int:
    """The number of a device's row: the same each time, and 63 bits wide, so that no two share one."""
    return int.from_bytes(sha256(device_id.encode()).digest()[:8]) >> 1


def match_on_sqlite(words: Collection[str], unindexed: str) -> str:
    """The FTS5 query for all of the words, or for the mark of texts whose words are not all indexed."""
    return f'({" AND ".join(map(_term, sorted(words)))}) OR "{unindexed}"'


def _term(word: str) -> str:
    return f'"{word[:-1]}" *' if word.endswith("*") else f'"{word}"'


def match_on_postgresql(words: Collection[str], unindexed: str) -> str:
    """The same as a `tsquery`."""
    terms = (f"'{word[:-1]}':*" if word.endswith("*") else f"'{word}'" for word in sorted(words))
    return f"({' & '.join(terms)}) | '{unindexed}'"
