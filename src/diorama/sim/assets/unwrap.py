"""Giving each point of a surface a place of its own on a picture.

Faces that look the same way along an axis, and hang together, are a chart: seen along that axis, in metres. Charts are packed
side by side. Where the mesh's own texture coordinates already give no two points one place, those are kept instead.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.mesh import Image, MeshPart

#: Charts are this far from each other, in texels, at the least.
GUTTER = 2
#: More charts than these hardly have any middle: then all faces that look one way are one chart, whether they hang together or not.
_MOST_CHARTS = 400
#: Own texture coordinates may lie on each other on this share of what they cover.
_MOST_SHARED = 0.02
#: Corners are placed to a sixteenth of a texel.
_SHIFT = 4

Corners = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unwrapped:
    """A part laid out on a picture of `width` by `height` texels. `corners` (m, 3, 2) are the places of each face's corners, in texels, x
    right and y down; `owner` (h, w) int32 the face that each texel shows, -1 for none; `texels` (n,) where, row after row, one does;
    `before` (m, 3, 2) the texture coordinates that the asset has there, and `is_own` whether these are the ones it is laid out by.
    """

    part: MeshPart
    corners: Corners
    owner: NDArray[np.int32]
    before: Corners
    is_own: bool = False
    texels: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texels", np.flatnonzero(self.owner >= 0).astype(np.int32))

    @property
    def nbytes(self) -> int:
        """What its arrays take, without those of the part that it is of."""
        return self.corners.nbytes + self.owner.nbytes + self.before.nbytes + self.texels.nbytes

    def spread(self, values: Corners) -> NDArray[np.float32]:
        """(k, n) float32: values (m, 3, k) of the faces' corners at the middles of `texels`, beyond a face's edge as if it went on."""
        base, right, down = gradients(self.corners, values)
        at, width = self.texels, self.owner.shape[1]
        face = self.owner.ravel().take(at)
        x, y = (c.astype(np.float32) + np.float32(0.5) for c in (at % width, at // width))
        out = np.empty((values.shape[2], len(at)), np.float32)
        for k, row in enumerate(out):
            np.multiply(right[k].take(face), x, out=row)
            row += down[k].take(face) * y
            row += base[k].take(face)
        return out

    def picture(self, channels: Sequence[NDArray[np.uint8]]) -> Image:
        """(h, w, c): `channels` (n,) at the texels. Where nothing is shown, which coarse mip levels mix in at charts' edges, it is their mean."""
        out = np.empty((*self.owner.shape, len(channels)), np.uint8)
        for k, channel in enumerate(channels):
            plane = np.full(self.owner.size, int(channel.sum(dtype=np.int64)) // max(len(channel), 1), np.uint8)
            plane[self.texels] = channel
            out[..., k] = plane.reshape(self.owner.shape)
        return out


def gradients(corners: Corners, values: Corners) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """For each face, of values (m, 3, k) that are linear over it: at texel (0, 0), and what they grow by a texel to the right, and down; (k, m)."""
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    twice = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    share = np.where(np.abs(twice) > 1e-9, 1 / np.where(np.abs(twice) > 1e-9, twice, 1.0), 0.0)[:, None]
    along, beside = values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]
    right = (along * two[:, 1:] - beside * one[:, 1:]) * share
    down = (beside * one[:, :1] - along * two[:, :1]) * share
    base = values[:, 0] - right * corners[:, 0, :1] - down * corners[:, 0, 1:]
    one, two, three = (np.ascontiguousarray(v.T, np.float32) for v in (base, right, down))
    return one, two, three


def unwrapped(part: MeshPart, texel_m: float, largest_px: int) -> Unwrapped:
    """The part with texture coordinates that count no place twice, on a square picture of texels about `texel_m` wide, at most `largest_px`
    of them.
    """
    chart, flat = charts(part)
    boxes = _boxes(chart, flat)
    side, texel_m, places = _packed(boxes[:, 1] - boxes[:, 0], texel_m, largest_px)
    corners = (flat - boxes[chart, 0][:, None]) / texel_m + places[chart][:, None]
    # A vertex is there once for each chart that it belongs to.
    key = part.faces.astype(np.int64) * len(boxes) + chart[:, None]
    _, first, vertex = np.unique(key.ravel(), return_index=True, return_inverse=True)
    source = part.faces.ravel()[first]
    uv = corners.reshape(-1, 2)[first] / side
    laid = replace(
        part,
        positions=part.positions[source],
        normals=part.normals[source],
        uv=np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1).astype(np.float32),
        faces=vertex.reshape(-1, 3).astype(np.int32),
        uv_in_metres=False,
    )
    before = part.uv[part.faces].astype(np.float64)
    return Unwrapped(part=laid, corners=corners, owner=_owners(corners, side, side), before=before)


def own_layout(part: MeshPart, width: int, height: int) -> Unwrapped | None:
    """The part as its own texture coordinates lay it out on a picture, or None where these leave the picture, or count places twice."""
    if part.uv_in_metres or part.uv.min() < -1e-4 or part.uv.max() > 1 + 1e-4:
        return None
    uv = part.uv[part.faces].astype(np.float64)
    corners = np.stack([uv[..., 0] * width, (1 - uv[..., 1]) * height], axis=-1)
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = float(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum()) / 2
    owner = _owners(corners, width, height, gutter=0)
    if area > (1 + _MOST_SHARED) * int((owner >= 0).sum()) or area < 1:
        return None
    _widen(owner, GUTTER)
    return Unwrapped(part=part, corners=corners, owner=owner, before=uv, is_own=True)


def charts(part: MeshPart) -> tuple[NDArray[np.int64], Corners]:
    """(m,) the chart of each face, from 0, and (m, 3, 2) its corners as seen along the chart's axis, metres: the two other axes, the lower first."""
    positions = part.positions.astype(np.float64)
    corners = positions[part.faces]
    normals = geometry.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    # The small preference settles ties alike whatever the last bits of a normal are.
    axis = np.argmax(np.abs(normals) * (1.0, 0.999, 1.001), axis=1)
    way = 2 * axis + (normals[np.arange(len(axis)), axis] < 0)
    places = geometry.weld(positions, max(1e-6 * geometry.diagonal_m(positions), 1e-9))
    _, corner = np.unique(places[part.faces] * 6 + way[:, None], return_inverse=True)
    chart = _connected(corner.reshape(-1, 3))
    if int(chart.max()) + 1 > _MOST_CHARTS:
        _, chart = np.unique(way, return_inverse=True)
    others = np.array([[1, 2], [0, 2], [0, 1]])[axis]
    return chart, np.take_along_axis(corners, others[:, None, :], axis=2)


def _connected(corner: NDArray[np.int64]) -> NDArray[np.int64]:
    """(m,) the number, from 0, of the group of faces that each belongs to, of faces (m, 3) that share corners."""
    group = np.arange(int(corner.max()) + 1)
    while True:  # the smallest number spreads through each group
        low = group[corner].min(axis=1)
        new = group.copy()
        np.minimum.at(new, corner.ravel(), np.repeat(low, 3))
        new = new[new]
        if np.array_equal(new, group):
            return np.unique(group[corner[:, 0]], return_inverse=True)[1]
        group = new


def _boxes(chart: NDArray[np.int64], flat: Corners) -> Corners:
    """(n, 2, 2) the lowest and highest coordinates of each chart."""
    count = int(chart.max()) + 1
    out = np.empty((count, 2, 2))
    out[:, 0], out[:, 1] = np.inf, -np.inf
    np.minimum.at(out[:, 0], chart, flat.min(axis=1))
    np.maximum.at(out[:, 1], chart, flat.max(axis=1))
    return out


def _packed(sizes_m: Corners, texel_m: float, largest_px: int) -> tuple[int, float, Corners]:
    """The side of the square picture that charts of these sizes fit on, its texels' width, and where on it each chart begins (n, 2)."""
    area = float((sizes_m[:, 0] * sizes_m[:, 1]).sum())
    wanted = math.ceil(math.sqrt(area * 1.3) / texel_m)
    side = min(1 << max((wanted - 1).bit_length(), 6), largest_px)
    texel_m = max(texel_m, math.sqrt(area) / side)
    while True:
        places = _shelves(np.ceil(sizes_m / texel_m) + 1 + 2 * GUTTER, side)
        if places is not None:
            return side, texel_m, places + GUTTER + 0.5
        texel_m *= 1.08


def _shelves(sizes: Corners, side: int) -> Corners | None:
    """Where rectangles (n, 2) go when they are put side by side, highest first, on shelves above each other; None if they don't fit."""
    places = np.zeros(sizes.shape)
    x = y = height = 0
    for k in sorted(range(len(sizes)), key=lambda k: (-sizes[k, 1], -sizes[k, 0], k)):
        w, h = (int(v) for v in sizes[k])
        if x + w > side:
            x, y, height = 0, y + height, 0
        if w > side or y + h > side:
            return None
        places[k] = x, y
        x, height = x + w, max(height, h)
    return places


def _owners(corners: Corners, width: int, height: int, gutter: int = GUTTER) -> NDArray[np.int32]:
    owner = np.full((height, width), -1, np.int32)
    # OpenCV has whole numbers at the middles of texels.
    fixed = np.round((np.clip(corners, -2, 4096) - 0.5) * (1 << _SHIFT)).astype(np.int32)
    for number, triangle in enumerate(fixed):
        cv2.fillConvexPoly(owner, triangle, number, shift=_SHIFT)
    _widen(owner, gutter)
    return owner


def _widen(owner: NDArray[np.int32], texels: int) -> None:
    """Have the texels around what is owned belong to it as well."""
    for _ in range(texels):
        before = owner.copy()
        for here, there in (
            (np.s_[1:], np.s_[:-1]),
            (np.s_[:-1], np.s_[1:]),
            (np.s_[:, 1:], np.s_[:, :-1]),
            (np.s_[:, :-1], np.s_[:, 1:]),
        ):
            np.copyto(owner[here], before[there], where=(owner[here] < 0) & (before[there] >= 0))
