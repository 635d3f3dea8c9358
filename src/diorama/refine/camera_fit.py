"""What the camera branch is fitted by: statistics of crops, each of which a parameter of a camera moves.

Distributions are compared by their quantiles, as in the one-dimensional Wasserstein distance: of codes, of colours, of differences between
neighbours near and far, of whole crops, and of light by its distance from the middle. Those of the photographs are taken once. This is steadier
than an adversary, and cannot be won by drawing things.
"""

from dataclasses import dataclass

import torch

from diorama.refine.camera import luma_of

_LEVELS = (0.02, 0.06, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.94, 0.98)
_STEEP = (0.3, 0.5, 0.7, 0.85, 0.95, 0.985)
#: Crops' means, sorted, are compared at so many places.
_CROPS = (0.1, 0.3, 0.5, 0.7, 0.9)
#: Steps in pixels that differences are taken over: noise, blur, texture, contrast.
_STEPS = (1, 2, 4)
_RINGS = 4
#: A difference of half a code is none.
_FLOOR = 0.5 / 255
#: Sorting more tells no more.
_MOST = 30_000


@dataclass(frozen=True, slots=True, eq=False)
class CropStatistics:
    """Of a set of crops: codes (3, levels) of luma and of red and blue less luma; steep (steps + 1, levels), logarithms; crops (4, places); rings
    (rings,), mean logarithm of luma by distance from the middle.
    """

    codes: torch.Tensor
    steep: torch.Tensor
    crops: torch.Tensor
    rings: torch.Tensor

    @classmethod
    def of(cls, rgb: torch.Tensor, radius2: torch.Tensor) -> "CropStatistics":
        """Of crops (n, 3, h, w) in [0, 1], whose pixels are (n, 1, h, w) from the middle of their pictures."""
        luma = luma_of(rgb)
        planes = torch.cat([luma, rgb[:, :1] - luma, rgb[:, 2:] - luma], dim=1)
        codes = _quantiles(planes.transpose(0, 1).flatten(1), _LEVELS)
        differences = [torch.cat([_flat(luma[..., s:] - luma[..., :-s]), _flat(luma[..., s:, :] - luma[..., :-s, :])]).abs() for s in _STEPS]
        # Noise is diagonal as often as not, and edges seldom.
        differences.append(_flat(luma[..., 1:, 1:] - luma[..., 1:, :-1] - luma[..., :-1, 1:] + luma[..., :-1, :-1]).abs() / 2)
        steep = torch.stack([_quantiles(d[None], _STEEP)[0] for d in differences])
        spread = (luma.flatten(1).var(1) + 1e-6).sqrt()
        crops = torch.cat([planes.mean((2, 3)), spread[:, None]], dim=1).transpose(0, 1)
        ring = (radius2 * _RINGS).long().clamp(0, _RINGS - 1)
        dark = (luma + 0.02).log()
        rings = torch.stack([(dark * (ring == k)).sum() / (ring == k).sum().clamp_min(1) for k in range(_RINGS)])
        return cls(codes, (steep + _FLOOR).log(), torch.quantile(crops, crops.new_tensor(_CROPS), dim=1).transpose(0, 1), rings)

    def distance(self, other: "CropStatistics") -> torch.Tensor:
        """0 for equal statistics. Weights make a difference that one just sees about equal in each."""
        return (
            8 * (self.codes - other.codes).abs().mean()
            + 16 * (self.codes[1:] - other.codes[1:]).abs().mean()
            + (self.steep - other.steep).abs().mean()
            + 4 * (self.crops - other.crops).abs().mean()
            + (_shape(self.rings) - _shape(other.rings)).abs().mean()
        )


def _shape(rings: torch.Tensor) -> torch.Tensor:
    """Against their mean: how light a picture is, is told elsewhere."""
    return rings - rings.mean()


def _flat(values: torch.Tensor) -> torch.Tensor:
    return values.reshape(-1)


def _quantiles(rows: torch.Tensor, levels: tuple[float, ...]) -> torch.Tensor:
    """(rows, levels), of a part that is spread evenly over each row."""
    return torch.quantile(rows[:, :: max(rows.shape[1] // _MOST, 1)], rows.new_tensor(levels), dim=1).transpose(0, 1)
