"""How far surfaces moved between two pictures, to a fraction of a pixel: phase correlation of gradients about corners at label edges.

Gradients, of unit length where they are strong, do not know of exposure and colours (orientation correlation: A. J. Fitch et al., BMVC 2002). Of
their cross spectrum the phases alone count (C. D. Kuglin and D. C. Hines, 1975), under a Gaussian low pass: a pure shift then gives a Gaussian peak,
whose place three samples a side tell exactly. Patches end where they did, which pulls shifts of more than half a pixel towards none by some percent.
"""

import math
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from diorama.refine.base import Rendered, Rgb

#: Side of a patch, and how far a shift in it is looked for.
PATCH_PX, REACH_PX = 32, 8
#: Standard deviation of the peak that a pure shift gives.
_PEAK_PX = 1.2
#: Corners of a picture, and how far they are apart at least.
_MOST, _APART_PX = 64, 10
#: Depths that differ by this share, from a pixel to the next, are of two surfaces.
_DEPTH_STEP = 0.05
#: Gradients of this size (codes of 8 bits a pixel) count half as much as strong ones: what is below is grain.
_STRONG = 12.0
#: Peaks lower than this share of a pure shift's are of patches that do not show the same thing, which edges tell of.
_LEAST_PEAK = 0.5


def label_edges(picture: Rendered) -> NDArray[np.bool_]:
    """(h, w): pixels on either side of a border between two labels, or between two surfaces one before the other."""
    depth_m = np.where(np.isfinite(picture.depth_m), picture.depth_m, np.float32(1e6))
    out = np.zeros(depth_m.shape, bool)
    for here, there in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        nearer = np.minimum(depth_m[here], depth_m[there])
        border = (picture.instance[here] != picture.instance[there]) | (np.abs(depth_m[here] - depth_m[there]) > _DEPTH_STEP * nearer)
        out[here] |= border
        out[there] |= border
    return out


def shifts(before: Rendered, after: Rgb) -> tuple[NDArray[np.float64], int]:
    """(n, 2): by how many pixels (u, v) patches about corners at label edges moved, and how many were looked at. Those that show another thing
    are not among the n.
    """
    places = _corners(before)
    if not len(places):
        return np.zeros((0, 2)), 0
    one, other = (_patches(_directions(rgb), places) for rgb in (before.rgb, after))
    found, peak = _correlated(one, other)
    return found[peak >= _LEAST_PEAK], len(places)


def _corners(picture: Rendered) -> NDArray[np.int64]:
    """(n, 2) columns and rows of corners of luma near label edges, whose patches lie within the picture."""
    half = PATCH_PX // 2
    near: Any = cv2.dilate(label_edges(picture).astype(np.uint8), np.ones((5, 5), np.uint8))
    allowed = np.zeros_like(near)
    allowed[half:-half, half:-half] = near[half:-half, half:-half]
    luma: Any = cv2.GaussianBlur(_luma(picture.rgb), (0, 0), 1.0)
    found: Any = cv2.goodFeaturesToTrack(luma, _MOST, 0.02, _APART_PX, mask=allowed, blockSize=7)
    return np.zeros((0, 2), np.int64) if found is None else np.rint(found[:, 0]).astype(np.int64)


def _luma(rgb: Rgb) -> NDArray[np.float32]:
    luma: Any = cv2.cvtColor(rgb.astype(np.float32), cv2.COLOR_RGB2GRAY)
    return luma


def _directions(rgb: Rgb) -> NDArray[np.complex64]:
    """(h, w): where luma rises to, as a number of the complex plane, of length below 1."""
    luma: Any = cv2.GaussianBlur(_luma(rgb), (0, 0), 0.8)
    du, dv = (cv2.Scharr(luma, cv2.CV_32F, *axis, scale=1 / 32) for axis in ((1, 0), (0, 1)))
    length = cv2.magnitude(du, dv)
    return ((du + 1j * dv) / (length + np.float32(_STRONG))).astype(np.complex64)


def _patches(field: NDArray[np.complex64], places: NDArray[np.int64]) -> NDArray[np.complex64]:
    half = PATCH_PX // 2
    return np.stack([field[v - half : v + half, u - half : u + half] for u, v in places])


def _correlated(one: NDArray[np.complex64], other: NDArray[np.complex64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shift (n, 2) of each patch (n, side, side), and the height of its peak, 1 for a pure shift of a patch of all frequencies."""
    side = PATCH_PX
    window = torch.hann_window(side)
    spectra = [torch.fft.fft2(torch.from_numpy(patches) * window[:, None] * window) for patches in (one, other)]
    cross = spectra[1] * spectra[0].conj()
    size = cross.abs()
    # Frequencies that hold nothing but grain have no phase worth a whole vote.
    share = size / (size + 0.1 * size.mean(dim=(1, 2), keepdim=True) + 1e-12)
    along = torch.fft.fftfreq(side)
    low = torch.exp(-2 * (math.pi * _PEAK_PX) ** 2 * (along[:, None] ** 2 + along**2))
    surface = torch.fft.ifft2(cross / size.clamp(min=1e-12) * share * low).real
    surface /= (share * low).mean(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    near = surface.roll((REACH_PX + 1, REACH_PX + 1), dims=(1, 2))[:, : 2 * REACH_PX + 3, : 2 * REACH_PX + 3]
    best = near[:, 1:-1, 1:-1].flatten(1).argmax(dim=1)
    v, u = best // (2 * REACH_PX + 1) + 1, best % (2 * REACH_PX + 1) + 1
    rows = torch.arange(len(near))
    du = _vertex(near[rows, v, u - 1], near[rows, v, u], near[rows, v, u + 1])
    dv = _vertex(near[rows, v - 1, u], near[rows, v, u], near[rows, v + 1, u])
    found = torch.stack([u + du, v + dv], dim=1) - (REACH_PX + 1)
    return found.double().numpy(), near[rows, v, u].double().numpy()


def _vertex(left: torch.Tensor, middle: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Where a Gaussian through three samples, one apart, is highest: a parabola through their logarithms."""
    a, b, c = (value.clamp(min=1e-6).log() for value in (left, middle, right))
    bend = (a - 2 * b + c).clamp(max=-1e-9)
    return ((a - c) / (2 * bend)).clamp(-0.5, 0.5)
