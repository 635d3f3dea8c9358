"""Surfaces with a relief: colour, slope and shade of woven strands, from one field of heights."""

import numpy as np

from diorama.sim.assets.color import encode_srgb, linear_rgb
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.recipe import Ink
from diorama.sim.assets.textures import relief
from diorama.sim.spec import MaterialSpec

_STRAND_PX = 16


def woven(tones: tuple[Ink, Ink], around: int, high: int) -> Look:
    """Plain weave of two strands, `around` by `high` of them (both even, so that it tiles)."""
    x = (np.arange(around * _STRAND_PX) + 0.5)[None, :] / _STRAND_PX
    y = (np.arange(high * _STRAND_PX) + 0.5)[:, None] / _STRAND_PX
    # Round across; and along, highest where a strand passes over another. Of the two, the higher is seen.
    weft = _arch(y) * (0.55 + 0.45 * _wave(x, np.floor(y)))
    warp = _arch(x) * (0.55 + 0.45 * _wave(y, np.floor(x) + 1))
    height = np.maximum(weft, warp)
    low, high_tone = (np.array(linear_rgb(*(c / 255 for c in ink))) for ink in tones)
    color = np.where((weft > warp)[..., None], low, high_tone) * (0.5 + 0.5 * height)[..., None]
    shade = np.repeat(((0.35 + 0.65 * height) * 255 + 0.5).astype(np.uint8)[..., None], 3, axis=2)
    return Look(
        material=MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.75),
        # A strand is half as thick as wide.
        images={"base_color": encode_srgb(color), "normal": relief(height * (25 / around)), "occlusion": shade},
    )


def _arch(t: np.ndarray) -> np.ndarray:
    """A parabola over each strand, 0 at its edges and 1 in its middle."""
    f = t - np.floor(t)
    return 4 * f * (1 - f)


def _wave(along: np.ndarray, strand: np.ndarray) -> np.ndarray:
    """1 in the middle of every second crossing, -1 of the others, in turn from strand to strand."""
    return _arch(along) * (1 - 2 * ((np.floor(along) + strand) % 2))
