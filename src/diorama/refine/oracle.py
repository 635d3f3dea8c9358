"""A small network that says which class a pixel is of, trained on a set of renderings themselves: what it sees in them it must see after refinement.

Its exposures, colours, sharpness and grain vary in training, so that these alone do not change what it sees; and objects are put where they were not
and taken away from where they were, so that it looks at objects and not at places (cut and paste in the manner of G. Ghiasi et al., CVPR 2021).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from diorama.refine.base import Rendered, Renderings, Rgb
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

#: What its files are called inside.
KIND = "diorama oracle"
#: Pixels of a labelled class below which nothing can be learned of it.
_FEW_PX = 200
_WIDTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleSettings:
    """`steps` of `batch` squares of `crop_px` pixels, from `pictures` at most; the `classes` that fill most pixels are told apart, and the rest are
    one more.
    """

    crop_px: int = 128
    steps: int = 400
    batch: int = 8
    pictures: int = 200
    classes: int = 12

    def __post_init__(self) -> None:
        if self.crop_px < 32 or self.crop_px % 8:
            raise InvalidValue(f"crop_px must be a multiple of 8, and 32 at least, got {self.crop_px}")
        for name in ("steps", "batch", "pictures", "classes"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} must be 1 or more, got {getattr(self, name)}")


class Oracle(nn.Module):
    """`classes` are the categories that have an output of their own, after that of nothing (0); with `other`, one more is for all the rest."""

    def __init__(self, classes: Sequence[int], other: bool) -> None:
        super().__init__()
        self.classes, self.other = tuple(classes), other
        wide = (_WIDTH, 2 * _WIDTH, 3 * _WIDTH, 4 * _WIDTH)
        self._down = nn.ModuleList(
            [nn.Sequential(_stage(3, wide[0], stride=2), _stage(wide[0], wide[0]))]
            + [nn.Sequential(_stage(a, b, stride=2), _stage(b, b)) for a, b in pairwise(wide)]
        )
        self._up = nn.ModuleList([_stage(b + a, a) for a, b in pairwise(wide)])
        self._head = nn.Conv2d(wide[0], self.outputs, 1)

    @property
    def outputs(self) -> int:
        return 1 + len(self.classes) + self.other

    @classmethod
    def trained(cls, pictures: Renderings, seed: Seed, settings: OracleSettings | None = None) -> "Oracle":
        """One that knows these pictures' categories, frozen. Raises InvalidValue where too little is labelled."""
        settings = settings or OracleSettings()
        rng = seed.rng()
        # In any order, as scenes and views of one follow each other: spread over the whole set.
        count = min(len(pictures), settings.pictures)
        crops = _Crops([pictures[k * len(pictures) // count] for k in range(count)], settings)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**63 - 1)))
            oracle = cls(crops.classes, crops.other)
            optimizer = torch.optim.AdamW(oracle.parameters(), lr=1e-3, weight_decay=1e-2)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=settings.steps)
            weight = crops.weights()
            for _ in range(settings.steps):
                rgb, target = crops.batch(rng)
                loss = functional.cross_entropy(oracle.logits(_varied(rgb)), target, weight=weight)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
        oracle.zero_grad()
        return oracle.eval().requires_grad_(requires_grad=False)

    def features(self, rgb: torch.Tensor) -> list[torch.Tensor]:
        """Of (n, 3, h, w) in [0, 1], maps at a half, a quarter, an eighth and a sixteenth of its size. Gradients pass through."""
        height, width = rgb.shape[2:]
        value = functional.pad(rgb * 2 - 1, (0, -width % 16, 0, -height % 16), mode="replicate")
        maps = []
        for stage in self._down:
            value = stage(value)
            maps.append(value)
        return maps

    def logits(self, rgb: torch.Tensor) -> torch.Tensor:
        """Of (n, 3, h, w) in [0, 1], (n, outputs, h, w). Gradients pass through."""
        height, width = rgb.shape[2:]
        maps = self.features(rgb)
        value = maps[-1]
        for stage, fine in zip(reversed(self._up), reversed(maps[:-1]), strict=True):
            value = stage(torch.cat([functional.interpolate(value, scale_factor=2, mode="nearest"), fine], dim=1))
        return functional.interpolate(self._head(value), scale_factor=2, mode="bilinear", align_corners=False)[..., :height, :width]

    @torch.inference_mode()
    def seen(self, rgb: Rgb) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(h, w) each: which output is the largest, and how probably there is something that is labelled."""
        logits = self.logits(torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255)[0]
        return logits.argmax(dim=0).numpy(), (1 - logits.softmax(dim=0)[0]).numpy()

    def targets(self, category: NDArray[np.int32]) -> NDArray[np.int64]:
        """(h, w): the output that should be the largest."""
        return _targets(category, self.classes)

    def state(self) -> dict[str, Any]:
        """Everything `from_state` needs."""
        return {"classes": list(self.classes), "other": self.other, "weights": self.state_dict()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises InvalidValue for a state that is not one of an oracle's."""
        try:
            oracle = cls([int(number) for number in state["classes"]], bool(state["other"]))
            oracle.load_state_dict(state["weights"])
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise InvalidValue(f"this is no oracle, or one of another version ({type(error).__name__})") from None
        return oracle.eval().requires_grad_(requires_grad=False)


def _stage(count: int, wide: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(count, wide, 3, stride=stride, padding=1, bias=False), nn.GroupNorm(4, wide), nn.LeakyReLU(0.1))


def _targets(category: NDArray[np.int32], classes: Sequence[int]) -> NDArray[np.int64]:
    out = np.where(category > 0, len(classes) + 1, 0).astype(np.int64)
    for number, known in enumerate(classes, start=1):
        out[category == known] = number
    return out


class _Crops:
    """Squares of pictures, half of them about something that is labelled."""

    def __init__(self, pictures: Sequence[Rendered], settings: OracleSettings) -> None:
        counts = Counter[int]()
        for picture in pictures:
            values, pixels = np.unique(picture.category, return_counts=True)
            counts.update({int(value): int(count) for value, count in zip(values, pixels, strict=True) if value > 0})
        known = sorted((category for category, count in counts.items() if count >= _FEW_PX), key=lambda c: (-counts[c], c))
        if not known:
            raise InvalidValue(f"an oracle learns from labelled objects, and no class of these pictures fills {_FEW_PX} pixels")
        self.classes = tuple(sorted(known[: settings.classes]))
        self.other = len(counts) > len(self.classes)
        self._settings = settings
        self._pictures = [(p.rgb, _targets(p.category, self.classes), p.instance) for p in pictures]
        self._objects = [(k, int(i)) for k, p in enumerate(pictures) for i in np.unique(p.instance[p.category > 0])]

    def weights(self) -> torch.Tensor:
        """Of each output: rarer ones count a little more."""
        counts = np.zeros(1 + len(self.classes) + self.other)
        for _, target, _ in self._pictures:
            counts += np.bincount(target.ravel(), minlength=len(counts))
        weight = np.maximum(counts, _FEW_PX) ** -0.25
        return torch.from_numpy(weight / weight.mean()).float()

    def batch(self, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """(n, 3, side, side) in [0, 1] and (n, side, side)."""
        drawn = [self._crop(rng) for _ in range(self._settings.batch)]
        out = []
        for number, (rgb, target, instance) in enumerate(drawn):
            other_rgb, other_target, other_instance = drawn[number - 1]
            draw, pick = rng.random(2)
            if draw < 0.4:
                # An object of the other square is put here, or what is there in place of an object of this one.
                ids = other_instance if draw < 0.2 else instance
                objects = np.unique(ids[ids > 0])
                if len(objects):
                    where = ids == objects[int(pick * len(objects))]
                    rgb, target = np.where(where[..., None], other_rgb, rgb), np.where(where, other_target, target)
            out.append((rgb, target))
        colours = torch.from_numpy(np.stack([rgb for rgb, _ in out])).permute(0, 3, 1, 2).float() / 255
        return colours, torch.from_numpy(np.stack([target for _, target in out]))

    def _crop(self, rng: np.random.Generator) -> tuple[Rgb, NDArray[np.int64], NDArray[np.int32]]:
        side = self._settings.crop_px
        about, where, mirrored = rng.random(3)
        if about < 0.5:
            number, instance = self._objects[int(where * len(self._objects))]
            v, u = (int(np.median(axis)) for axis in np.nonzero(self._pictures[number][2] == instance))
            v, u = v + int(rng.integers(-side // 3, side // 3 + 1)), u + int(rng.integers(-side // 3, side // 3 + 1))
        else:
            number = int(where * len(self._pictures))
            v, u = (int(rng.integers(0, size)) for size in self._pictures[number][2].shape)
        arrays: tuple[NDArray[Any], ...] = self._pictures[number]
        height, width = arrays[2].shape
        top, left = (min(max(at - side // 2, 0), max(size - side, 0)) for at, size in ((v, height), (u, width)))
        cut: list[NDArray[Any]] = [array[top : top + side, left : left + side] for array in arrays]
        lack = [(0, side - cut[2].shape[0]), (0, side - cut[2].shape[1])]
        cut = [np.pad(array, lack + [(0, 0)] * (array.ndim - 2), mode="reflect") if any(sum(pair) for pair in lack) else array for array in cut]
        rgb, target, ids = [array[:, ::-1] for array in cut] if mirrored < 0.5 else cut
        return rgb, target, ids


def _varied(rgb: torch.Tensor) -> torch.Tensor:
    """The same squares as another camera may have them: tones, colours, unevenness, blur and grain."""
    count = len(rgb)
    # Tones: a rising curve through points of chance for each channel, half of it common to all three.
    steps = (torch.rand(count, 1, 8) + torch.rand(count, 3, 8)).pow(2) + 0.05
    rise = functional.pad(torch.cumsum(steps, dim=2), (1, 0))
    lift, share = torch.rand(count, 3, 1) * 0.1, torch.rand(count, 1, 1) * 0.6
    curve = share * (lift + (0.7 + 0.3 * torch.rand(count, 3, 1) - lift) * rise / rise[..., -1:]) + (1 - share) * torch.linspace(0, 1, 9)
    place = rgb.reshape(count, 3, -1) * 8
    low = place.floor().clamp(0, 7).long()
    left, right = torch.gather(curve, 2, low), torch.gather(curve, 2, low + 1)
    out = (left + (right - left) * (place - low)).reshape(rgb.shape)
    grey = out.mean(dim=1, keepdim=True)
    out = grey + (out - grey) * (0.6 + 0.6 * torch.rand(count, 1, 1, 1))
    gain = torch.exp2((torch.rand(count, 1, 1, 1) - 0.5) * 0.8) * torch.exp2((torch.rand(count, 3, 1, 1) - 0.5) * 0.4)
    uneven = functional.interpolate(0.7 + 0.6 * torch.rand(count, 1, 3, 3), size=rgb.shape[2:], mode="bilinear", align_corners=True)
    out = out * gain * uneven
    sigma = float(torch.rand(())) * 1.2 + 1e-3
    taps = torch.exp(-0.5 * (torch.arange(-3, 4) / sigma) ** 2)
    taps = (taps / taps.sum()).repeat(3, 1, 1, 1)
    out = functional.conv2d(functional.pad(out, (3, 3, 3, 3), mode="replicate"), taps, groups=3)
    out = functional.conv2d(out, taps.transpose(2, 3), groups=3)
    out = out + torch.randn_like(out) * torch.rand(count, 1, 1, 1) * 0.03
    return out.clamp(0, 1)
