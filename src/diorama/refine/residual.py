"""The residual branch: what a camera cannot explain, in bounds.

A convolutional network at half of the resolution, most of it at a quarter, without normalisation (which would smear one place's statistics over all),
modulated by geometry as in S. Richter et al., Enhancing Photorealism Enhancement, 2021. What it says is bounded in logits of the code: nothing is
painted over. Its slow part stays: where it was taken away, skies had rims of another colour around whatever stood before them.
"""

import math

import torch
from torch import nn

from diorama.refine.geometry import CATEGORIES, CHANNELS, Geometry
from diorama.sim.errors import DioramaError

_CLASS_CODES, _STEM, _GEOMETRY, _BLOCKS = 8, 16, 32, 3
#: Logits are taken of codes this far from black and white.
_MARGIN = 0.01
#: Of logits, near the ends of the codes, where they are steep.
ROUNDING = 1e-3


class OutOfBounds(DioramaError):
    """A residual changed a picture by more than it may: the refiner is damaged, and its picture is not given out."""


class ResidualBranch(nn.Module):
    """Pictures and geometry to changes in logits, within `bound`. Fresh, it changes nothing. About 0.2 million parameters at a width of 48."""

    def __init__(self, *, width: int, bound: float) -> None:
        super().__init__()
        self.width, self.bound = width, bound
        self.codes = nn.Embedding(CATEGORIES, _CLASS_CODES)
        self.geometry = nn.Sequential(nn.Conv2d(CHANNELS + _CLASS_CODES, _GEOMETRY, 3, 2, 1), nn.SiLU())
        self.stem = nn.Conv2d(3 + CHANNELS, _STEM, 3, padding=1)
        self.down = nn.Conv2d(_STEM, width, 3, 2, 1)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(_BLOCKS))
        self.up = nn.Conv2d(width + _STEM, _STEM, 3, padding=1)
        self.out = nn.Conv2d(_STEM, 3, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        assert self.out.bias is not None
        nn.init.zeros_(self.out.bias)

    def forward(self, rgb: torch.Tensor, geometry: Geometry) -> torch.Tensor:
        """Pictures (n, 3, h, w) in [0, 1], sides multiples of 4, with this added to them."""
        return changed(rgb, self.change(rgb, geometry))

    def change(self, rgb: torch.Tensor, geometry: Geometry) -> torch.Tensor:
        """(n, 3, h, w) logits, of which none is beyond `bound`."""
        known = torch.cat([geometry.channels, self.codes(geometry.category).permute(0, 3, 1, 2)], dim=1)
        told = self.geometry(known)
        stem = nn.functional.silu(self.stem(torch.cat([nn.functional.avg_pool2d(rgb, 2) * 2 - 1, geometry.channels], dim=1)))
        inner = self.down(stem)
        for block in self.blocks:
            inner = block(inner, told)
        wide = nn.functional.interpolate(inner, scale_factor=2, mode="bilinear", align_corners=False)
        said = self.out(nn.functional.silu(self.up(torch.cat([wide, stem], dim=1))))
        full = nn.functional.interpolate(said, scale_factor=2, mode="bilinear", align_corners=False)
        return self.bound * torch.tanh(full)


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.modulation = nn.Conv2d(_GEOMETRY, 2 * width, 1)

    def forward(self, inner: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        scale, shift = self.modulation(told).chunk(2, dim=1)
        return inner + 0.3 * self.second(nn.functional.silu(self.first(nn.functional.silu(inner)) * (1 + scale) + shift))


def changed(rgb: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    """Codes in [0, 1] moved by `logits`: 0 leaves them, black and white hardly move."""
    return ((torch.sigmoid(_logit(rgb) + logits) - _MARGIN) / (1 - 2 * _MARGIN)).clamp(0, 1)


def check_bound(before: torch.Tensor, after: torch.Tensor, bound: float) -> None:
    """Raise OutOfBounds where codes in [0, 1] differ by more than `bound` logits."""
    most = most_logits(before, after)
    if not most <= bound + ROUNDING:
        raise OutOfBounds(f"a residual of {most:.3f} logits is beyond its bound of {bound:.3f}: this refiner is damaged; train it anew")


def most_logits(before: torch.Tensor, after: torch.Tensor) -> float:
    """By how many logits codes in [0, 1] differ at most."""
    return float((_logit(after) - _logit(before)).abs().max())


def most_codes(bound: float) -> float:
    """By how many codes of 8 bits a change of so many logits moves a colour at most: about the middle, where a logit is the least steep."""
    return 255 * math.tanh(bound / 4) / (1 - 2 * _MARGIN)


def _logit(code: torch.Tensor) -> torch.Tensor:
    return torch.logit(_MARGIN + (1 - 2 * _MARGIN) * code)
