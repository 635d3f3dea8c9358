"""Mitsuba and Dr.Jit, and which variant of them is in use.

To type checkers they are anything: what their names stand for depends on the variant.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import drjit
import mitsuba

mi: Any = mitsuba
dr: Any = drjit


@contextmanager
def using(variant: str) -> Iterator[None]:
    """The variant is a setting of the process: a program that uses Mitsuba itself gets its own back."""
    before = mi.variant()
    mi.set_variant(variant)
    try:
        yield
    finally:
        if before is not None:
            mi.set_variant(before)
