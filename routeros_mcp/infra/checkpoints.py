"""Marks of the audit chain in a file outside the database: a cut or restored trail disagrees with them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from routeros_mcp.domain.errors import SetupError


class FileAnchors:
    """Implements `Anchors`: one JSON line each, appended, readable by the owner only.

    A line without its end was being written when the power went: it counts for nothing, and the next one
    takes its place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, sequence: int, mac: str, moment: datetime) -> None:
        self._append({"sequence": sequence, "mac": mac, "at": moment.isoformat()})

    def restart(self, sequence: int, moment: datetime) -> None:
        self._append({"restart_after": sequence, "at": moment.isoformat()})

    def _append(self, held: Mapping[str, object]) -> None:
        line = f"{json.dumps(held)}\n"
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab+") as file:
            _drop_unfinished(file)
            file.write(line.encode())

    def all(self) -> Mapping[int, str]:
        """By line of the trail.

        Raises:
            SetupError: the file holds something else.
        """
        if not self._path.exists():
            return {}
        marks: dict[int, str] = {}
        for number, text in enumerate(_whole(self._path.read_bytes()).splitlines(), 1):
            try:
                line = json.loads(text)
                if "restart_after" in line:
                    marks = {at: mac for at, mac in marks.items() if at <= line["restart_after"]}
                else:
                    marks[int(line["sequence"])] = str(line["mac"])
            except (ValueError, KeyError, TypeError) as error:
                raise SetupError(
                    f"Line {number} of {self._path} is no mark of the audit trail.",
                    fix="Somebody has changed the file: compare it with a copy, then mend the line.",
                ) from error
        return marks


def _drop_unfinished(file: BinaryIO) -> None:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 1))
    if end and file.read(1) != b"\n":
        file.seek(0)
        file.truncate(len(_whole(file.read())))


def _whole(text: bytes) -> bytes:
    """The lines that were written to their end."""
    return text[: text.rfind(b"\n") + 1]
