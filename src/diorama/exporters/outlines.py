"""Masks as polygons."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Polygon = list[list[int]]


def outlines(labels: NDArray[np.integer]) -> list[tuple[int, Polygon]]:
    """Polygons (label, [[x, y], ...]) through the centres of pixels along the outer rim of each connected piece of a map (H, W) of labels.

    The larger come first. What lies within a piece's holes is smaller than it with its holes filled; so that polygons that are drawn one over the
    other, rims included, are the map again. All have three points at least, of which some are the same for a single pixel or a line.
    """
    found: list[tuple[int, int, int, int, Polygon]] = []
    for label in np.unique(labels).tolist():
        mask = (labels == label).astype(np.uint8)
        # Pieces that meet at corners alone are apart: otherwise two of them could cross each other.
        count, pieces, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        for piece in range(1, count):
            x, y, width, height, _ = boxes[piece].tolist()
            alone = (pieces[y : y + height, x : x + width] == piece).astype(np.uint8)
            rims, _ = cv2.findContours(alone, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(x, y))
            rim = max(rims, key=len)
            filled = cv2.drawContours(np.zeros_like(alone), [rim], -1, 1, cv2.FILLED, offset=(-x, -y))
            polygon: Any = rim.reshape(-1, 2).tolist()
            polygon += [polygon[-1]] * (3 - len(polygon))
            found.append((-int(filled.sum()), y, x, label, polygon))
    return [(label, polygon) for *_, label, polygon in sorted(found)]
