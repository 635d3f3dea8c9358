"""A small network that says which class a pixel is of, trained on a set of renderings themselves: what it sees in them it must see after refinement.

Its exposures, colours, sharpness and grain vary in training, so that these alone do not change what it sees; and objects are put where they were not
and taken away from where they were, so that it looks at objects and not at places (cut and paste in the manner of G. Ghiasi et al., CVPR 2021).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from diorama.refine.base import Rendered, Renderings, Rgb, spread
from diorama.refine.class_ratios import ious
from diorama.refine.muon import Muon
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

#: What its files are called inside.
KIND = "diorama oracle"
#: Pixels of a labelled class below which nothing can be learned of it, and the share of a picture that an object fills about which a square is cut.
_FEW_PX, _SMALL = 200, 0.0005
#: Channels at a quarter, an eighth and a sixteenth of a picture's size, and blocks of two convolutions there.
_WIDE, _BLOCKS = (32, 64, 80), (1, 1, 1)
#: Pictures whose shorter side is less are looked at twice as finely.
_SMALL_PX = 240
#: Learning rates of layers and of what is not normalised, steps until they are reached, and the weight of overlap beside cross entropy.
_RATES, _RISE, _OVERLAP = (0.05, 0.005), 50, 0.5
#: In this share of squares, an object is put in or taken out; in this one, tones, sharpness and grain are others.
_SWAPPED, _VARIED = 0.16, 0.7
#: This share of the pictures is not learned from, to know what the network is worth on others; none of fewer than so many.
UNSEEN, FEW = 1 / 8, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleSettings:
    """`steps` of `batch` squares of `crop_px` pixels, from `pictures` at most; the `classes` that fill most pixels are told apart, and the rest are
    one more.
    """

    crop_px: int = 224
    steps: int = 2500
    batch: int = 6
    pictures: int = 300
    classes: int = 12

    def __post_init__(self) -> None:
        if self.crop_px < 32 or self.crop_px % 16:
            raise InvalidValue(f"crop_px must be a multiple of 16, and 32 at least, got {self.crop_px}")
        for name in ("steps", "batch", "pictures", "classes"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} must be 1 or more, got {getattr(self, name)}")

    def rate(self, step: int) -> float:
        """By what the learning rate of a step is multiplied."""
        return min(1.0, (step + 1) / _RISE) * (1 - step / self.steps)


class Oracle(nn.Module):
    """`classes` are the categories that have an output of their own, after that of nothing (0); with `other`, one more is for all the rest. What it
    looks at first are squares of `patch` pixels, 2 or 4.
    """

    def __init__(self, classes: Sequence[int], other: bool, patch: int, *, normalized: bool = False) -> None:
        super().__init__()
        self.classes, self.other, self.patch = tuple(classes), other, patch
        self._stem = _Layer(3 * patch * patch, _WIDE[0], normalized=normalized)
        self._down = nn.ModuleList()
        for wide, coarse, blocks in zip(_WIDE, (*_WIDE[1:], 0), _BLOCKS, strict=True):
            self._down.append(nn.Sequential(*(_Block(wide, normalized=normalized) for _ in range(blocks))))
            if coarse:
                self._down.append(nn.Sequential(_Layer(wide, coarse, stride=2, normalized=normalized), nn.ReLU()))
        self._across = nn.ModuleList(nn.Conv2d(wide, _WIDE[0], 1) for wide in _WIDE[1:])
        self._last = _Layer(_WIDE[0], _WIDE[0], normalized=normalized)
        self._head = nn.Conv2d(_WIDE[0], self.outputs, 1)
        #: Mean intersection over union on pictures that it learned from, and on others (NaN where there were too few).
        self.worth = (float("nan"), float("nan"))

    @property
    def outputs(self) -> int:
        return 1 + len(self.classes) + self.other

    @classmethod
    def trained(cls, pictures: Renderings, seed: Seed, settings: OracleSettings | None = None) -> "Oracle":
        """One that knows these pictures' categories, frozen. Raises InvalidValue where too little is labelled."""
        settings = settings or OracleSettings()
        rng = seed.rng()
        # In any order, as scenes and views of one follow each other: spread over the whole set.
        chosen = [pictures[k] for k in spread(len(pictures), settings.pictures)]
        unseen = chosen[len(chosen) - int(len(chosen) * UNSEEN) :] if len(chosen) >= FEW else []
        crops = _Crops(chosen[: len(chosen) - len(unseen)], settings)
        patch = 2 if min(chosen[0].rgb.shape[:2]) < _SMALL_PX else 4
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**63 - 1)))
            learning = cls(crops.classes, crops.other, patch, normalized=True)
            oracle = cls(crops.classes, crops.other, patch)
        layers = [layer.convolution.weight for layer in learning.modules() if isinstance(layer, _Layer)]
        rest = [value for value in learning.parameters() if all(value is not weight for weight in layers)]
        optimizers = Muon(layers, _RATES[0]), torch.optim.AdamW(rest, _RATES[1])
        schedules = [torch.optim.lr_scheduler.LambdaLR(optimizer, settings.rate) for optimizer in optimizers]
        weight = crops.weights()
        for _ in range(settings.steps):
            rgb, target = crops.batch(rng)  # channels last, and so are all maps
            target = target[:, patch // 2 :: patch, patch // 2 :: patch].contiguous()
            said = learning.coarse(rgb)[1]
            loss = functional.cross_entropy(said, target, weight=weight) + _OVERLAP * _apart(said, target)
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for stepped in (*optimizers, *schedules):
                stepped.step()
        oracle._take(learning.eval())
        oracle.worth = _worth(oracle, crops.pictures, unseen)
        return oracle.eval().requires_grad_(requires_grad=False)

    def _take(self, learned: "Oracle") -> None:
        """The weights of another, whose normalisations become part of its layers: nothing else of a picture shows in a place then."""
        for mine, theirs in zip(self.modules(), learned.modules(), strict=True):
            if isinstance(mine, _Layer) and isinstance(theirs, _Layer):
                fused = fuse_conv_bn_eval(theirs.convolution, cast(nn.BatchNorm2d, theirs.normalization))
                mine.convolution.load_state_dict(fused.state_dict())
            elif isinstance(mine, nn.Conv2d) and mine.bias is not None and mine.kernel_size == (1, 1):
                mine.load_state_dict(theirs.state_dict())

    def features(self, rgb: torch.Tensor) -> list[torch.Tensor]:
        """Of (n, 3, h, w) in [0, 1], maps at one part in `patch`, in twice that and in four times that of its size. Gradients pass through."""
        return self.coarse(rgb)[0]

    def logits(self, rgb: torch.Tensor) -> torch.Tensor:
        """Of (n, 3, h, w) in [0, 1], (n, outputs, h, w). Gradients pass through."""
        height, width = rgb.shape[2:]
        said = self.coarse(rgb)[1]
        return functional.interpolate(said, scale_factor=self.patch, mode="bilinear", align_corners=False)[..., :height, :width]

    def coarse(self, rgb: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """The same maps, and logits (n, outputs, ...) at one part in `patch` of the size, which is filled up to multiples of 16."""
        height, width = rgb.shape[2:]
        value = functional.pad(rgb * 2 - 1, (0, -width % 16, 0, -height % 16), mode="replicate")
        value = functional.relu(self._stem(functional.pixel_unshuffle(value, self.patch)))
        maps = []
        for number, stage in enumerate(self._down):
            value = stage(value)
            if number % 2 == 0:
                maps.append(value)
        value = maps[0]
        for times, (across, coarse) in enumerate(zip(self._across, maps[1:], strict=True), start=1):
            value = value + functional.interpolate(across(coarse), scale_factor=2**times, mode="bilinear", align_corners=False)
        return maps, self._head(functional.relu(self._last(value)))

    @torch.inference_mode()
    def seen(self, rgb: Rgb) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(h, w) each: which output is the largest, and how probably there is something that is labelled."""
        logits = self.logits(torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255)[0]
        return logits.argmax(dim=0).numpy(), (1 - logits.softmax(dim=0)[0]).numpy()

    def covers(self, category: NDArray[np.int32]) -> bool:
        """Whether there is an output for each of these."""
        return self.other or set(np.unique(category).tolist()) <= {0, *self.classes}

    def targets(self, category: NDArray[np.int32]) -> NDArray[np.int64]:
        """(h, w): the output that should be the largest."""
        return _targets(category, self.classes)

    def state(self) -> dict[str, Any]:
        """Everything `from_state` needs."""
        return {"classes": list(self.classes), "other": self.other, "patch": self.patch, "worth": list(self.worth), "weights": self.state_dict()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises InvalidValue for a state that is not one of an oracle's."""
        try:
            oracle = cls([int(number) for number in state["classes"]], bool(state["other"]), {2: 2, 4: 4}[state["patch"]])
            oracle.load_state_dict(state["weights"])
            trained, unseen = map(float, state["worth"])
            oracle.worth = trained, unseen
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise InvalidValue(f"this is no oracle, or one of another version ({type(error).__name__})") from None
        return oracle.eval().requires_grad_(requires_grad=False)


class _Layer(nn.Module):
    """A convolution, normalised while it learns."""

    def __init__(self, count: int, wide: int, *, stride: int = 1, normalized: bool) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(count, wide, 3, stride=stride, padding=1, bias=not normalized)
        self.normalization = nn.BatchNorm2d(wide) if normalized else nn.Identity()

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return self.normalization(self.convolution(value))


class _Block(nn.Module):
    """What is there, and something added (K. He et al., CVPR 2016); nothing at first."""

    def __init__(self, wide: int, *, normalized: bool) -> None:
        super().__init__()
        self.first, self.second = (_Layer(wide, wide, normalized=normalized) for _ in range(2))
        if isinstance(self.second.normalization, nn.BatchNorm2d):
            nn.init.zeros_(self.second.normalization.weight)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return functional.relu(value + self.second(functional.relu(self.first(value))))


def _apart(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """One minus the overlap (F. Milletari et al., 3DV 2016), on the average over classes that are there, of all squares."""
    share = logits.softmax(dim=1).transpose(0, 1).flatten(1)
    wanted = functional.one_hot(target.flatten(), len(share)).T.to(share.dtype)
    area = wanted.sum(1)
    overlap = (2 * (share * wanted).sum(1) + 1) / (share.sum(1) + area + 1)
    return 1 - overlap[area > 0].mean()


def _worth(oracle: Oracle, trained: Sequence[tuple[Rgb, NDArray[np.uint8], Any]], unseen: Sequence[Rendered]) -> tuple[float, float]:
    known = [(rgb, target) for rgb, target, _ in (trained[k] for k in spread(len(trained), 40))]
    return _mean_iou(oracle, known), _mean_iou(oracle, [(picture.rgb, oracle.targets(picture.category)) for picture in unseen])


def confusion(oracle: Oracle, rgb: Rgb, target: NDArray[Any]) -> NDArray[np.int64]:
    """(outputs, outputs): pixels of a picture by what is labelled and by what the network sees."""
    count = oracle.outputs
    both = target.astype(np.int64) * count + oracle.seen(rgb)[0]
    return np.bincount(both.ravel(), minlength=count**2).reshape(count, count)


def _mean_iou(oracle: Oracle, pictures: Sequence[tuple[Rgb, NDArray[Any]]]) -> float:
    """Over classes that are there; NaN without pictures."""
    if not pictures:
        return float("nan")
    counts = np.sum([confusion(oracle, rgb, target) for rgb, target in pictures], axis=0)
    return float(ious(counts)[counts.sum(axis=1) > 0].mean())


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
        self._batch = settings.batch
        # Squares are no larger than the smallest picture, or hardly.
        shortest = min(min(picture.instance.shape) for picture in pictures)
        self._side = min(settings.crop_px, max(32, shortest + -shortest % 16))
        self.pictures = [(p.rgb, _targets(p.category, self.classes).astype(np.uint8), p.instance) for p in pictures]
        self._centers: list[tuple[int, int, int]] = []
        for k, picture in enumerate(pictures):
            for number in np.unique(picture.instance[picture.category > 0]):
                v, u = np.nonzero(picture.instance == number)
                if len(v) >= _SMALL * picture.instance.size:
                    self._centers.append((k, int(np.median(v)), int(np.median(u))))

    def weights(self) -> torch.Tensor:
        """Of each output: rarer ones count a little more, and not much: what is not there would be seen."""
        counts = np.zeros(1 + len(self.classes) + self.other)
        for _, target, _ in self.pictures:
            counts += np.bincount(target.ravel(), minlength=len(counts))
        weight = np.maximum(counts, _FEW_PX) ** -0.1
        return torch.from_numpy(weight / weight.mean()).float()

    def batch(self, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """(n, 3, side, side) in [0, 1] and (n, side, side)."""
        drawn = [self._crop(rng) for _ in range(self._batch)]
        out = []
        for number, (rgb, target, instance) in enumerate(drawn):
            other_rgb, other_target, other_instance = drawn[number - 1]
            draw, pick = rng.random(2)
            if draw < _SWAPPED:
                # An object of the other square is put here, or what is there in place of an object of this one.
                ids = other_instance if draw < _SWAPPED / 2 else instance
                objects = np.unique(ids[ids > 0])
                if len(objects):
                    where = ids == objects[int(pick * len(objects))]
                    rgb, target = np.where(where[..., None], other_rgb, rgb), np.where(where, other_target, target)
            out.append((rgb, target))
        colours = torch.from_numpy(
            np.stack([_varied(rgb, rng) if rng.random() < _VARIED else rgb.astype(np.float32) / 255 for rgb, _ in out])
        ).permute(0, 3, 1, 2)
        return colours, torch.from_numpy(np.stack([target for _, target in out])).long()

    def _crop(self, rng: np.random.Generator) -> tuple[Rgb, NDArray[np.uint8], NDArray[np.int32]]:
        side = self._side
        about, where, mirrored = rng.random(3)
        if about < 0.5 and self._centers:
            number, v, u = self._centers[int(where * len(self._centers))]
            v, u = v + int(rng.integers(-side // 3, side // 3 + 1)), u + int(rng.integers(-side // 3, side // 3 + 1))
        else:
            number = int(where * len(self.pictures))
            v, u = (int(rng.integers(0, size)) for size in self.pictures[number][2].shape)
        arrays: tuple[NDArray[Any], ...] = self.pictures[number]
        height, width = arrays[2].shape
        top, left = (min(max(at - side // 2, 0), max(size - side, 0)) for at, size in ((v, height), (u, width)))
        cut: list[NDArray[Any]] = [array[top : top + side, left : left + side] for array in arrays]
        lack = [(0, side - cut[2].shape[0]), (0, side - cut[2].shape[1])]
        cut = [np.pad(array, lack + [(0, 0)] * (array.ndim - 2), mode="reflect") if any(sum(pair) for pair in lack) else array for array in cut]
        rgb, target, ids = [array[:, ::-1] for array in cut] if mirrored < 0.5 else cut
        return rgb, target, ids


def _varied(rgb: Rgb, rng: np.random.Generator) -> NDArray[np.float32]:
    """The same square, in [0, 1], as another camera may have it: tones, colours, unevenness, blur and grain."""
    side = len(rgb)
    # Tones: a rising curve through points of chance for each channel, half of it common to all three.
    points = (rng.random((1, 8)) + rng.random((3, 8))) ** 2 + 0.05
    rise = np.concatenate([np.zeros((3, 1)), np.cumsum(points, axis=1)], axis=1)
    lift, top, share = rng.random((3, 1)) * 0.1, 0.7 + 0.3 * rng.random((3, 1)), rng.random() * 0.6
    curve = share * (lift + (top - lift) * rise / rise[:, -1:]) + (1 - share) * np.linspace(0, 1, 9)
    gain = 2 ** ((rng.random() - 0.5) * 0.8 + (rng.random(3) - 0.5) * 0.4)
    codes = np.stack([np.interp(np.linspace(0, 1, 256), np.linspace(0, 1, 9), curve[k]) * gain[k] for k in range(3)], axis=1)
    out: Any = cv2.LUT(rgb, codes[None].astype(np.float32))
    grey, most = out.mean(axis=2, keepdims=True), out.max(axis=2, keepdims=True)
    purity = 1 - out.min(axis=2, keepdims=True) / np.maximum(most, np.float32(1e-3))
    out = grey + (out - grey) * np.float32(0.2 + 1.1 * rng.random()) * (1 + np.float32(1.8 * rng.random() - 0.6) * (purity - np.float32(0.5)))
    uneven: Any = cv2.resize((0.7 + 0.6 * rng.random((3, 3))).astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    out = cv2.GaussianBlur(out * uneven[..., None], (7, 7), float(rng.random()) * 1.2 + 1e-3)
    out += rng.standard_normal(out.shape, np.float32) * np.float32(rng.random() * 0.03)
    return np.clip(out, 0, 1, out=out)
