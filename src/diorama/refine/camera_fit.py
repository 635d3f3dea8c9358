"""What the camera branch is fitted by: that its pictures are a set like the photographs, and as sharp and as grainy.

A picture is known by quantiles of its codes and its colours from top to bottom; sets of them by their distribution, which is compared from many sides
(N. Bonneel et al., Sliced and Radon Wasserstein Barycenters of Measures, 2015). How sharp and grainy pictures are is told by quantiles of differences
between neighbours. This is steadier than an adversary, and cannot be won by drawing things.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from diorama.refine.base import Rgb
from diorama.refine.camera import PARAMETERS, luma_of, tensor_of

_BANDS = 3
_LEVELS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)
_COLORS = (0.02, 0.1, 0.5, 0.9, 0.98)
_STEEP = (0.3, 0.5, 0.7, 0.85, 0.95, 0.985)
#: Steps in pixels that differences are taken over: noise, blur, texture, contrast.
_STEPS = (1, 2, 4)
#: A difference of half a code is none.
_FLOOR = 0.5 / 255
#: Colours are seen where luma has long ceased to differ.
_COLORFUL = 3.0
_SIDES = 64
_SMALL = 1 / 6
#: Light and its colour come before what goes by tone or by purity, and one camera before many.
_SIMPLE, _SIMPLE_TONE, _ONE_CAMERA = 2e-3, 1e-2, 1e-2
#: Sorting more tells no more.
_MOST = 30_000


def small(pictures: Iterable[Rgb]) -> torch.Tensor:
    """(n, 3, h / 6, w / 6) in [0, 1], of pictures of one size: small enough to look at many."""
    return torch.cat([nn.functional.interpolate(tensor_of(rgb), scale_factor=_SMALL, mode="area") for rgb in pictures])


def looks_of(rgb: torch.Tensor) -> torch.Tensor:
    """Pictures (n, 3, h, w) in [0, 1] to (n, k): of each third from the top, quantiles of luma, of red and of blue less luma and of how far channels
    are apart, and how much darker its ends are than its middle.
    """
    luma = luma_of(rgb)
    colors = torch.cat([rgb[:, :1] - luma, rgb[:, 2:] - luma, rgb.amax(1, keepdim=True) - rgb.amin(1, keepdim=True)], dim=1)
    told = []
    for light, colored in zip(luma.tensor_split(_BANDS, dim=2), colors.tensor_split(_BANDS, dim=2), strict=True):
        left, middle, right = (part.mean((2, 3)) for part in light.tensor_split(3, dim=3))
        told += [_quantiles(light, _LEVELS), _COLORFUL * _quantiles(colored, _COLORS), (left + right) / 2 - middle]
    return torch.cat(told, dim=1)


def sides_of(count: int, rng: np.random.Generator) -> torch.Tensor:
    """(count, _SIDES) directions of length 1."""
    sides = torch.from_numpy(rng.standard_normal((count, _SIDES), dtype=np.float32))
    return sides / sides.norm(dim=0)


def apart(ours: torch.Tensor, theirs: torch.Tensor, sides: torch.Tensor) -> torch.Tensor:
    """Mean Wasserstein-1 distance of two sets of as many (n, k), as seen along each axis and each of the `sides` (k, m)."""
    views = torch.cat([torch.eye(len(sides)).to(sides), sides], dim=1)
    return (torch.mm(ours, views).sort(dim=0).values - torch.mm(theirs, views).sort(dim=0).values).abs().mean()


def steepness_of(rgb: torch.Tensor) -> torch.Tensor:
    """Crops (n, 3, h, w) in [0, 1] to (steps + 1, levels): logarithms of quantiles of differences of luma, over all crops."""
    luma = luma_of(rgb)
    differences = [torch.cat([(luma[..., s:] - luma[..., :-s]).flatten(), (luma[..., s:, :] - luma[..., :-s, :]).flatten()]).abs() for s in _STEPS]
    # Noise is diagonal as often as not, and edges seldom.
    differences.append((luma[..., 1:, 1:] - luma[..., 1:, :-1] - luma[..., :-1, 1:] + luma[..., :-1, :-1]).flatten().abs() / 2)
    return (torch.cat([_quantiles(d[None, None, :: max(len(d) // _MOST, 1)], _STEEP) for d in differences]) + _FLOOR).log()


def effort(shares: torch.Tensor) -> torch.Tensor:
    """How far this is, (n, parameters), from one camera that does nothing; keeps to the simplest of what would explain a gap alike."""
    size = torch.full_like(shares[0], _SIMPLE_TONE)
    size[: len(PARAMETERS)] = _SIMPLE
    size[list(PARAMETERS).index("vividness")] = _SIMPLE_TONE
    return (size * shares.square().mean(0)).sum() + _ONE_CAMERA * shares.var(0).sum()


def _quantiles(planes: torch.Tensor, levels: tuple[float, ...]) -> torch.Tensor:
    """(n, channels * levels) of (n, channels, ...)."""
    return torch.quantile(planes.flatten(2), planes.new_tensor(levels), dim=2).permute(1, 2, 0).flatten(1)
