"""Refiners that learn nothing: each gives a rendering the colours of a photograph drawn for it. What is learned has to beat them.

- `Reinhard`: mean and spread of each channel in a space whose channels hardly correlate (E. Reinhard et al., Color Transfer between Images,
  IEEE CG&A 21, 2001; here CIE Lab in place of their own).
- `Histogram`: the whole distribution of each channel of RGB (R. C. Gonzalez and R. E. Woods, Digital Image Processing, 3.3.2).
- `Fourier`: the amplitudes of the lowest frequencies (Y. Yang and S. Soatto, FDA: Fourier Domain Adaptation, CVPR 2020).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.refine.base import Pictures, Rendered, Rgb
from diorama.refine.photos import fitted
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

#: Codes of a channel.
_CODES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Leaves pictures as they are."""

    name: ClassVar[str] = "identity"

    def apply(self, picture: Rendered, seed: Seed) -> Rgb:
        return picture.rgb

    def state(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Identity":
        return cls()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reinhard:
    """`moments` (n, 2, 3) float32: of each photograph, mean and standard deviation of L, a and b."""

    name: ClassVar[str] = "reinhard"
    moments: NDArray[np.float32]

    def __post_init__(self) -> None:
        _expect("Reinhard.moments", self.moments, (2, 3), np.float32)

    @classmethod
    def fitted(cls, photos: Pictures) -> "Reinhard":
        return cls(moments=np.stack([_moments(_lab(photo)) for photo in _some(photos)]))

    def apply(self, picture: Rendered, seed: Seed) -> Rgb:
        wanted = self.moments[_drawn(seed, len(self.moments))]
        lab = _lab(picture.rgb)
        mean, spread = _moments(lab)
        # A channel without any spread has nothing to be spread.
        moved = (lab - mean) * (wanted[1] / np.maximum(spread, 1e-3)) + wanted[0]
        rgb = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
        return _codes(rgb * np.float32(255))

    def state(self) -> dict[str, Any]:
        return {"moments": self.moments}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Reinhard":
        return cls(moments=np.asarray(state["moments"]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histogram:
    """`shares` (n, 3, 256) float64: of each photograph, the share of pixels of each channel that have this code or a lower one."""

    name: ClassVar[str] = "histogram"
    shares: NDArray[np.float64]

    def __post_init__(self) -> None:
        _expect("Histogram.shares", self.shares, (3, _CODES), np.float64)
        if (np.diff(self.shares, axis=2) < 0).any() or not (self.shares[..., -1] == 1).all():
            raise InvalidValue("Histogram.shares must grow to 1")

    @classmethod
    def fitted(cls, photos: Pictures) -> "Histogram":
        return cls(shares=np.stack([cumulated(photo) for photo in _some(photos)]))

    def apply(self, picture: Rendered, seed: Seed) -> Rgb:
        return matched(picture.rgb, self.shares[_drawn(seed, len(self.shares))])

    def state(self) -> dict[str, Any]:
        return {"shares": self.shares}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Histogram":
        return cls(shares=np.asarray(state["shares"]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fourier:
    """`photos` (n, h, w, 3) uint8 at one size; pictures of another size see them scaled to theirs. `band` of the shorter side's frequencies,
    on either side of zero, take the photograph's amplitudes.
    """

    name: ClassVar[str] = "fourier"
    photos: NDArray[np.uint8]
    band: float = 0.01

    def __post_init__(self) -> None:
        if not 0 < self.band <= 0.5:
            raise InvalidValue(f"Fourier: band must be in (0, 0.5], got {self.band}")
        _expect("Fourier.photos", self.photos, (*self.photos.shape[1:3], 3), np.uint8)

    @classmethod
    def fitted(cls, photos: Pictures, *, size: tuple[int, int] = (240, 180), band: float = 0.01) -> "Fourier":
        return cls(photos=np.stack([fitted(photo, size) for photo in _some(photos)]), band=band)

    def apply(self, picture: Rendered, seed: Seed) -> Rgb:
        height, width = picture.rgb.shape[:2]
        target = fitted(self.photos[_drawn(seed, len(self.photos))], (width, height))
        reach = max(int(min(height, width) * self.band), 1)
        out = [_with_amplitudes(picture.rgb[..., channel], target[..., channel], reach) for channel in range(3)]
        return _codes(np.stack(out, axis=-1))

    def state(self) -> dict[str, Any]:
        return {"photos": self.photos, "band": self.band}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Fourier":
        return cls(photos=np.asarray(state["photos"]), band=float(state["band"]))


def _with_amplitudes(channel: NDArray[np.uint8], other: NDArray[np.uint8], reach: int) -> NDArray[np.float32]:
    spectrum, wanted = (cv2.dft(c.astype(np.float32), flags=cv2.DFT_COMPLEX_OUTPUT) for c in (channel, other))
    amplitude, wanted_amplitude = (cv2.magnitude(s[..., 0], s[..., 1]) for s in (spectrum, wanted))
    low = np.zeros(channel.shape, bool)
    low[np.ix_(_lowest(channel.shape[0], reach), _lowest(channel.shape[1], reach))] = True
    factor = np.where(low, wanted_amplitude / np.maximum(amplitude, 1e-6), 1.0).astype(np.float32)
    back: Any = cv2.dft(spectrum * factor[..., None], flags=cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)
    return back


def _lowest(count: int, reach: int) -> NDArray[np.int64]:
    """Places of the frequencies from -reach to reach in a transform of `count` values."""
    return np.arange(-min(reach, (count - 1) // 2), min(reach, (count - 1) // 2) + 1) % count


def _some(photos: Pictures) -> Pictures:
    if not len(photos):
        raise InvalidValue("there are no photographs to take colours from")
    return photos


def _expect(name: str, array: NDArray[Any], each: tuple[int, ...], dtype: type[np.generic]) -> None:
    """Raise InvalidValue unless there is something finite of this shape for one photograph at least."""
    if array.ndim == 0 or array.shape != (len(array), *each) or array.size == 0 or array.dtype != dtype:
        raise InvalidValue(f"{name} must be (n, {', '.join(map(str, each))}) {np.dtype(dtype)}, got {array.shape} {array.dtype}")
    if not np.isfinite(array).all():
        raise InvalidValue(f"{name} must be finite")


def _drawn(seed: Seed, count: int) -> int:
    return int(seed.child("photograph").rng().integers(count))


def _lab(rgb: Rgb) -> NDArray[np.float32]:
    lab: Any = cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return lab


def _moments(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """(2, 3): mean and standard deviation of each channel."""
    flat = lab.reshape(-1, 3).astype(np.float64)
    return np.stack([flat.mean(axis=0), flat.std(axis=0)]).astype(np.float32)


def cumulated(rgb: Rgb) -> NDArray[np.float64]:
    """(3, 256): of each channel, the share of pixels that have this code or a lower one."""
    counts = np.stack([np.bincount(rgb[..., channel].ravel(), minlength=_CODES) for channel in range(3)])
    return np.cumsum(counts, axis=1) / rgb[..., 0].size


def matched(rgb: Rgb, wanted: NDArray[np.float64]) -> Rgb:
    """The picture with its channels distributed as `wanted`, which `cumulated` makes of another; with its own, it stays as it is."""
    here = cumulated(rgb)
    # Pixels of one code stand for the middle of the share that they take.
    before = np.concatenate([np.zeros((3, 1)), here[:, :-1]], axis=1)
    out = np.empty_like(rgb)
    for channel in range(3):
        codes = np.searchsorted(wanted[channel], (before[channel] + here[channel]) / 2)
        out[..., channel] = codes.astype(np.uint8)[rgb[..., channel]]
    return out


def _codes(values: NDArray[np.float32]) -> Rgb:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
