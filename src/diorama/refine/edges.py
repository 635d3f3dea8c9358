"""Which edges of a picture are still there in another, and which are new. Exposure, colours, grain and a little blur are no news.

The strength of an edge is the gradient over all channels in relation to the contrast about it, so that it outlasts any smooth change of tone. An edge
counts as kept when, within a pixel, there is one of a good share of its strength: an edge that was blurred away is lost as much as one that is gone.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.refine.base import Rgb

#: Scales at which gradients are taken, and at which the contrast about a pixel is.
_FINE_PX, _AROUND_PX = 1.0, 6.0
#: This share of the picture's usual contrast is added to that about a pixel, so that next to nothing is not much where there is nothing else.
_FLAT = 0.25
#: An edge is at least so strong in relation to the contrast about it, and so steep (codes of 8 bits a pixel): what is less may be grain.
_STRONG, _STEEP = 0.25, 5.0
#: One that has this share of its strength left is kept.
_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """(h, w) bool each: edges of the first picture, those of them that the second kept; edges of the second, those of them that the first had."""

    before: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    after: NDArray[np.bool_]
    known: NDArray[np.bool_]

    @property
    def f1(self) -> float:
        """The harmonic mean of the share that is kept and the share that was there before; 1 where there are no edges at all."""
        before, kept, after, known = (int(mask.sum()) for mask in (self.before, self.kept, self.after, self.known))
        if not before and not after:
            return 1.0
        recall, precision = kept / max(before, 1), known / max(after, 1)
        return 2 * recall * precision / max(recall + precision, 1e-12)


def compared(before: Rgb, after: Rgb) -> Edges:
    """Edges of one picture, and whether the other has them as well."""
    one, other = _strength(before), _strength(after)
    masks = []
    for (here, steep), (there, _) in ((one, other), (other, one)):
        line = _thinned(here) & (here > _STRONG) & (steep > _STEEP)
        near: Any = cv2.dilate(there, np.ones((3, 3), np.uint8))
        masks += [line, line & (near >= _SHARE * here)]
    return Edges(*masks)


def _strength(rgb: Rgb) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(h, w) each: length of the gradient over all channels, in units of the contrast around, and in codes a pixel."""
    smooth: Any = cv2.GaussianBlur(rgb.astype(np.float32), (0, 0), _FINE_PX)
    du, dv = np.zeros_like(smooth), np.zeros_like(smooth)
    du[:, 1:-1] = (smooth[:, 2:] - smooth[:, :-2]) / 2
    dv[1:-1] = (smooth[2:] - smooth[:-2]) / 2
    gradient = np.sqrt((du**2 + dv**2).sum(axis=2))
    mean: Any = cv2.GaussianBlur(smooth, (0, 0), _AROUND_PX)
    square: Any = cv2.GaussianBlur(smooth**2, (0, 0), _AROUND_PX)
    around = np.sqrt(np.maximum(square - mean**2, 0).sum(axis=2))
    return gradient / (around + _FLAT * np.sqrt((around**2).mean()) + np.float32(1e-3)), gradient


def _thinned(field: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels that no neighbour on one of the two axes or diagonals surpasses: lines one pixel wide, roughly."""
    padded = np.pad(field, 1, mode="edge")
    height, width = field.shape

    def at(v: int, u: int) -> NDArray[np.float32]:
        return padded[1 + v : 1 + v + height, 1 + u : 1 + u + width]

    crest = [(field >= at(v, u)) & (field > at(-v, -u)) for v, u in ((0, 1), (1, 0), (1, 1), (1, -1))]
    return np.logical_or.reduce(crest)
