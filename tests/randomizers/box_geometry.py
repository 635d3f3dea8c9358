"""Exact geometry of boxes, computed another way than the package does: a second opinion on what touches what."""

import itertools
import math

import numpy as np
from scipy.spatial import ConvexHull

CORNERS = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) / 2


def corners(body, context):
    """(8, 3) world corners of a brick of the tests' library, or of a box."""
    size = body.shape.size_m if hasattr(body.shape, "size_m") else np.multiply(context.library.SIZES[body.shape.asset], body.shape.scale)
    m = body.world_from_body.matrix
    return (CORNERS * size) @ m[:3, :3].T + m[:3, 3]


def gap(one, other, context):
    """By how much two boxes are apart along the best of the 15 axes that can tell (S. Gottschalk et al., "OBBTree", SIGGRAPH 1996)."""
    a, b = (body.world_from_body.matrix[:3, :3].T for body in (one, other))
    axes = [*a, *b, *(np.cross(u, v) for u, v in itertools.product(a, b))]
    p, q = corners(one, context), corners(other, context)
    best = -math.inf
    for axis in axes:
        if (length := np.linalg.norm(axis)) > 1e-9:
            s, t = p @ axis / length, q @ axis / length
            best = max(best, s.min() - t.max(), t.min() - s.max())
    return best


def distance_beside(one, other, context):
    """How far two boxes are from each other as seen from above, where neither covers part of the other: from a corner of one to the other's rim."""

    def rim(body):
        points = corners(body, context)[:, :2]
        return points[ConvexHull(points).vertices]

    p, q = rim(one), rim(other)
    best = math.inf
    for points, outline in ((p, q), (q, p)):
        a, b = outline, np.roll(outline, -1, axis=0)
        share = np.clip(((points[:, None] - a) * (b - a)).sum(axis=2) / ((b - a) ** 2).sum(axis=1), 0, 1)
        best = min(best, np.linalg.norm(points[:, None] - a - share[..., None] * (b - a), axis=2).min())
    return best


def least_distance_beside(bodies, context):
    """The smallest distance of any two."""
    return min((distance_beside(a, b, context) for a, b in itertools.combinations(bodies, 2)), default=math.inf)


def least_gap(bodies, context):
    """The smallest gap between any two; infinite for fewer."""
    return min((gap(a, b, context) for a, b in itertools.combinations(bodies, 2)), default=math.inf)
