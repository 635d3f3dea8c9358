"""Hypothesis without its clock and its luck: the same examples in every run, however slow the machine."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # built_in.py, small_street.py

settings.register_profile("diorama", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("diorama")
