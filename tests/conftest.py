"""Fixtures for all suites."""

pytest_plugins = ["databases"]
