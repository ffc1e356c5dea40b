"""The figures that tests have recorded in a JUnit report, as JSON with date and machine."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

Figure = tuple[str, object]


def figures(report: Path) -> Iterator[Figure]:
    """`record_property(name, json)` of each test, with the seconds that the test took."""
    for case in ET.parse(report).iter("testcase"):
        for held in case.iter("property"):
            value = json.loads(held.get("value", "null"))
            seconds = round(float(case.get("time", 0)))
            yield held.get("name", ""), {**value, "seconds": seconds}


def main() -> None:
    report = Path(sys.argv[1])
    suite = next(ET.parse(report).iter("testsuite"))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    shown = {
        "at": suite.get("timestamp"),
        "machine": machine,
        "failed": int(suite.get("failures", 0)) + int(suite.get("errors", 0)),
        "figures": dict(figures(report)),
    }
    print(json.dumps(shown, indent=2))


if __name__ == "__main__":
    main()
