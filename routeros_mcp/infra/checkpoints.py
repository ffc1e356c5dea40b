"""Marks of the audit chain in a file outside the database: a cut or restored trail disagrees with them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path


class FileAnchors:
    """Implements `Anchors`: one JSON line each, appended, readable by the owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, sequence: int, mac: str, moment: datetime) -> None:
        self._append({"sequence": sequence, "mac": mac, "at": moment.isoformat()})

    def restart(self, sequence: int, moment: datetime) -> None:
        self._append({"restart_after": sequence, "at": moment.isoformat()})

    def _append(self, held: Mapping[str, object]) -> None:
        line = json.dumps(held)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.write(line + "\n")

    def all(self) -> Mapping[int, str]:
        if not self._path.exists():
            return {}
        marks: dict[int, str] = {}
        for line in (json.loads(text) for text in self._path.read_text().splitlines() if text.strip()):
            if "restart_after" in line:
                marks = {number: mac for number, mac in marks.items() if number <= line["restart_after"]}
            else:
                marks[int(line["sequence"])] = str(line["mac"])
        return marks
