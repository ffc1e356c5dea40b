"""Fixtures and settings for all suites."""

from __future__ import annotations

import os

from hypothesis import settings

# Tables for pipes are wide unless somebody says otherwise, as parallel test runs do.
os.environ.pop("COLUMNS", None)

pytest_plugins = ["databases", "world"]

# No deadline per example: the machine may be busy. In CI a failure must come back when the run is repeated.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
