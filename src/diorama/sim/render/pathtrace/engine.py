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
    """The variant, and how much is said, are settings of the process: a program that uses Mitsuba itself gets its own back.

    Standard output belongs to that program, and Mitsuba would write its warnings there.
    """
    before = mi.variant()
    mi.set_variant(variant)
    level = mi.log_level()
    mi.set_log_level(mi.LogLevel.Error)
    try:
        yield
    finally:
        mi.set_log_level(level)
        if before is not None:
            mi.set_variant(before)
