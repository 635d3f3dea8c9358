"""Path tracing by Mitsuba 3: the light of a scene simulated, where the rasterizer estimates it.

Needs the extra "pathtrace". Nothing outside this package imports Mitsuba.
"""

from importlib.util import find_spec

from diorama.sim.errors import MissingExtra

if find_spec("mitsuba") is None:
    raise MissingExtra("Path tracing", "mitsuba", "pathtrace")

from diorama.sim.render.pathtrace.renderer import PathTracer
from diorama.sim.render.pathtrace.variant import FAST, NEEDED_LLVM, SLOW

__all__ = ["FAST", "NEEDED_LLVM", "SLOW", "PathTracer"]
