"""Fixtures and settings for all suites."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Tables for pipes are wide unless somebody says otherwise, as parallel test runs do.
os.environ.pop("COLUMNS", None)

pytest_plugins = ["databases", "world"]

# No deadline per example: the machine may be busy. In CI a failure must come back when the run is repeated.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the campaigns, which take minutes each, so that no process is left with several at the end."""
    long = [item for item in items if item.get_closest_marker("campaign")]
    rest = [item for item in items if item not in long]
    for number, item in enumerate(long):
        rest.insert(number * (len(rest) + 1) // len(long), item)
    items[:] = rest
