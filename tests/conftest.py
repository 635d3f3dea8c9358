"""Hypothesis without its clock and its luck: the same examples in every run, however slow the machine."""

from hypothesis import settings

settings.register_profile("diorama", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("diorama")
