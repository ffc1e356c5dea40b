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
        line = json.dumps({"sequence": sequence, "mac": mac, "at": moment.isoformat()})
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.write(line + "\n")

    def all(self) -> Mapping[int, str]:
        if not self._path.exists():
            return {}
        lines = (json.loads(line) for line in self._path.read_text().splitlines() if line.strip())
        return {int(line["sequence"]): str(line["mac"]) for line in lines}
