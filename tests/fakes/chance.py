"""Draws that a seed determines: a run that fails comes back."""

from __future__ import annotations

from random import Random


class Chance(Random):
    """Nothing secret comes from it; equal seeds draw alike, in every process."""
