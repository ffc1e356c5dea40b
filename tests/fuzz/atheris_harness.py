"""Lets atheris drive a target: `pip install atheris`, then `python tests/fuzz/atheris_harness.py exports`.

What follows the target's name goes to libFuzzer, such as -max_total_time=60 or a folder for the corpus.
"""

from __future__ import annotations

import sys
from importlib import import_module

from fuzz_targets import TARGETS


def main(words: list[str]) -> None:
    program, name, *options = words
    atheris = import_module("atheris")
    atheris.instrument_all()
    atheris.Setup([program, *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
