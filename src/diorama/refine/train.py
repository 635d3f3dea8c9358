"""Learning a refiner from renderings and photographs that nothing pairs.

First the camera branch is fitted to statistics of crops. Then it stands still, and the residual branch learns against the adversary, held by what it
may not do: change slopes, change outlines. Each step draws from a stream of its own number, so that a training that was stopped goes on as if it had
not been, and the same settings give the same refiner on one machine, however often it was stopped.
"""

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from diorama.refine.augment import augmented
from diorama.refine.base import Pictures, Rendered, Rgb, spread
from diorama.refine.camera import LATENT, PARAMETERS, CameraBranch, Development, develop, facts_of, luma_of, radius2_of
from diorama.refine.camera_fit import apart, effort, looks_of, sides_of, small, steepness_of
from diorama.refine.contrast import Contrast
from diorama.refine.device import device_of, mixes
from diorama.refine.discriminators import LOSSES, Discriminators, penalty
from diorama.refine.gan import Learned
from diorama.refine.geometry import CHANNELS, Geometry
from diorama.refine.history import History
from diorama.refine.matching import alike, crops_of
from diorama.refine.photos import fitted
from diorama.refine.residual import ResidualBranch, changed
from diorama.refine.settings import TrainSettings
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

_EACH = 16
#: The camera sees so many whole pictures a step at most, and this many crops for each of a batch.
_SEEN, _CAMERA_CROPS = 48, 4
_TARGET_CROPS = 384
#: The camera's weights are averaged over some 30 steps; what is the same for all pictures learns so much faster.
_CAMERA_AVERAGED, _HASTE = 0.97, 4.0
#: Grain of either sign is the same, so that its slope at 0 tells nothing: it starts a little off.
_FIRST_GRAIN = 0.1
#: How fast the share of right answers is forgotten.
_FORGET = 0.1
#: A difference of codes that one begins to see, and one between neighbours that makes an edge.
_SHOWS, _EDGE = 0.03, 0.04
#: Slopes of weights are cut to this length.
_LONGEST = 5.0

Losses = dict[str, float]


class Renderings(Protocol):
    """Some renderings: a list of them, or a data set that reads each when it is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Rendered: ...


class Consistency(Protocol):
    """Something more that refined crops must keep: a loss of pictures before and after, (n, 3, h, w) in [0, 1], and of what is in them."""

    def __call__(self, before: torch.Tensor, after: torch.Tensor, geometry: Geometry) -> torch.Tensor: ...


class Training:
    """A training, a `step()` at a time. `consistencies` are added to the refiner's loss, each with its weight.

    Raises InvalidValue for pictures that are too small for the crops, or of several sizes on the rendered side.
    """

    def __init__(
        self,
        sim: Renderings,
        real: Pictures,
        settings: TrainSettings,
        seed: Seed,
        *,
        consistencies: Sequence[tuple[float, Consistency]] = (),
    ) -> None:
        if not len(sim) or not len(real):
            raise InvalidValue(f"a refiner is learned from renderings and photographs, got {len(sim)} and {len(real)}")
        self.settings, self.seed, self.consistencies = settings, seed.child("train"), tuple(consistencies)
        self.steps_done = 0
        self._device = device_of(settings.device)
        # Of each rendering its colours are kept, and its geometry in a quarter of the pixels; what is shown is read again.
        self._renderings, self._numbers = sim, spread(len(sim), settings.pictures)
        self._sim, self._geometry = [], []
        for picture in (sim[number] for number in self._numbers):
            self._sim.append(picture.rgb)
            self._geometry.append(_packed(Geometry.of(picture)))
        self._size = self._sim[0].shape[:2]
        if any(rgb.shape[:2] != self._size for rgb in self._sim):
            raise InvalidValue("all renderings that a refiner is learned from must be of one size; generate them with one --resolution")
        if min(self._size) < settings.crop_px + 4 or self._size[0] % 4 or self._size[1] % 4:
            raise InvalidValue(
                f"renderings must have sides that are multiples of 4 and more than crops of {settings.crop_px} pixels; these are "
                f"{self._size[1]}x{self._size[0]}"
            )
        self._real = [np.ascontiguousarray(fitted(real[k], self._size[::-1])) for k in spread(len(real), settings.pictures)]
        self._facts = torch.stack([facts_of(torch.from_numpy(rgb)) for rgb in self._sim])
        self._radius2 = radius2_of(*self._size)
        crop = settings.crop_px
        self._sim_crops = crops_of(self._sim, crop, _EACH, self.seed.child("sim"))
        self._real_crops = crops_of(self._real, crop, _EACH, self.seed.child("real"))
        self._small, self._real_looks = small(self._sim), looks_of(small(self._real)).to(self._device)
        self._steepness = self._steepness_of_photographs()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed.child("weights").integer(32))
            self._camera = CameraBranch()
            self._camera.settle(self._facts)
            self._residual = ResidualBranch(width=settings.width, bound=settings.bound)
            self._judges = Discriminators(width=max(settings.width // 2, 8))
            self._contrast = Contrast()
        for network in (self._camera, self._residual, self._judges, self._contrast):
            network.to(self._device)
        self._averaged_camera, self._averaged_residual = deepcopy(self._camera), deepcopy(self._residual)
        with torch.no_grad():
            self._camera.outer.bias[list(PARAMETERS).index("grain")] = _FIRST_GRAIN
        # What is the same for all pictures is found first, and then what differs between them.
        faster = [{"params": [self._camera.outer.bias], "haste": _HASTE}]
        rest = [weight for weight in self._camera.parameters() if weight is not self._camera.outer.bias]
        self._camera_optimizer = torch.optim.Adam([*faster, {"params": rest, "haste": 1.0}], lr=settings.camera_learning_rate)
        # The discriminators stay as they are: their penalties take slopes of slopes, which compiled networks do not have.
        self._change = torch.compile(self._residual.change) if settings.compile and self._device.type == "cuda" else self._residual.change
        learning = [*self._residual.parameters(), *(self._contrast.parameters() if settings.contrast else ())]
        self._residual_optimizer = torch.optim.Adam(learning, lr=settings.learning_rate, betas=(0.5, 0.99))
        self._judges_optimizer = torch.optim.Adam(self._judges.parameters(), lr=settings.learning_rate, betas=(0.5, 0.99))
        self._history = History(settings.history)
        self._right = 0.5

    @property
    def done(self) -> bool:
        return self.steps_done >= self.settings.steps

    def step(self) -> Losses:
        """One step further. Raises ArithmeticError when a loss is no number any more."""
        rng = self.seed.child("step", self.steps_done).rng()
        losses = self._camera_step(rng) if self.steps_done < self.settings.camera_steps else self._residual_step(rng)
        if not all(math.isfinite(loss) for loss in losses.values()):
            raise ArithmeticError(f"step {self.steps_done}: losses are no numbers any more: {losses}")
        self.steps_done += 1
        return losses

    def refiner(self) -> Learned:
        """What was learned so far: weights averaged over the last steps."""
        has_residual = self.steps_done > self.settings.camera_steps
        camera = deepcopy(self._averaged_camera).cpu().eval()
        return Learned(camera=camera, residual=deepcopy(self._averaged_residual).cpu().eval() if has_residual else None)

    def development(self) -> Development:
        """What the camera branch does to these renderings, on the average."""
        return self.refiner().development({str(k): rgb for k, rgb in enumerate(self._sim)}, self.seed.child("look"))

    def samples(self, rows: int = 4) -> Rgb:
        """Renderings, as the camera takes them, refined, and photographs that look alike, side by side: (rows h, 4 w, 3) uint8."""
        whole = self.refiner()
        camera = Learned(camera=whole.camera)
        lines = []
        for k in spread(len(self._sim), rows):
            picture, seed = self._renderings[self._numbers[k]], self.seed.child("look", str(k))
            mine = self._sim_crops.features[k * _EACH : (k + 1) * _EACH]
            nearest = alike(mine, self._real_crops, 1, self.seed.child("nearest").rng())
            photo = int(np.bincount(self._real_crops.places[nearest, 0]).argmax())
            lines.append(np.concatenate([picture.rgb, camera.apply(picture, seed), whole.apply(picture, seed), self._real[photo]], axis=1))
        return np.concatenate(lines)

    def state(self) -> dict[str, Any]:
        """All that `resume` needs."""
        return {
            "settings": _compared(self.settings),
            "seed": str(self.seed),
            "renderings": len(self._sim),
            "photographs": len(self._real),
            "steps_done": self.steps_done,
            "right": self._right,
            "history": self._history.kept,
            "networks": {name: part.state_dict() for name, part in self._parts().items()},
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from there. Raises InvalidValue for the state of another training."""
        mine = self.state()
        for name in ("settings", "seed", "renderings", "photographs"):
            if state.get(name) != mine[name]:
                raise InvalidValue(f"this is the state of another training: its {name} are {state.get(name)}, and not {mine[name]}")
        try:
            for name, part in self._parts().items():
                part.load_state_dict(state["networks"][name])
            self._history.kept = list(state["history"])
            self._right, self.steps_done = float(state["right"]), int(state["steps_done"])
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise InvalidValue(f"this state of a training is damaged ({type(error).__name__}: {str(error).partition(chr(10))[0]})") from None

    def _parts(self) -> dict[str, Any]:
        return {
            "camera": self._camera,
            "residual": self._residual,
            "judges": self._judges,
            "contrast": self._contrast,
            "averaged_camera": self._averaged_camera,
            "averaged_residual": self._averaged_residual,
            "camera_optimizer": self._camera_optimizer,
            "residual_optimizer": self._residual_optimizer,
            "judges_optimizer": self._judges_optimizer,
        }

    def _camera_step(self, rng: np.random.Generator) -> Losses:
        settings = self.settings
        for group in self._camera_optimizer.param_groups:
            group["lr"] = group["haste"] * settings.camera_learning_rate * (1 + math.cos(math.pi * self.steps_done / settings.camera_steps)) / 2
        count = min(_SEEN, len(self._sim), len(self._real))
        seen, photographs = rng.choice(len(self._sim), count, replace=False), rng.choice(len(self._real), count, replace=False)
        latent = torch.from_numpy(rng.standard_normal((count, LATENT), dtype=np.float32)).to(self._device)
        parameters = self._camera(self._facts[seen].to(self._device), latent)
        rgb = self._small[seen].to(self._device)
        radius2 = radius2_of(*rgb.shape[2:])[None, None].to(self._device)
        # At a sixth of the size there is nothing to be seen of a blur of a pixel, nor of grain.
        sharp = parameters.index_fill(1, torch.tensor(list(PARAMETERS).index("blur_px2"), device=self._device), 0)
        looks = looks_of(develop(rgb, sharp, torch.zeros_like(rgb[:, :1]), radius2))
        distance = apart(looks, self._real_looks[photographs], sides_of(looks.shape[1], rng).to(self._device))
        rows = rng.integers(len(self._sim_crops), size=settings.batch * _CAMERA_CROPS)
        developed = self._developed(self._camera, self._sim_crops.places[rows], rng)
        steepness = (steepness_of(developed) - self._steepness).abs().mean()
        _descend(self._camera_optimizer, 16 * distance + steepness + effort(self._camera.shares(parameters)))
        _average(self._averaged_camera, self._camera, _CAMERA_AVERAGED, self.steps_done)
        return {"camera": float(distance.detach()), "sharpness": float(steepness.detach())}

    def _residual_step(self, rng: np.random.Generator) -> Losses:
        settings = self.settings
        left = 1 - (self.steps_done - settings.camera_steps) / (settings.steps - settings.camera_steps)
        for group in (*self._residual_optimizer.param_groups, *self._judges_optimizer.param_groups):
            group["lr"] = settings.learning_rate * min(2 * left, 1)
        against_both, against_refiner = LOSSES[settings.loss]
        rows = rng.integers(len(self._sim_crops), size=settings.batch)
        places = self._sim_crops.places[rows]
        with torch.no_grad():
            before = self._developed(self._averaged_camera, places, rng)
        geometry = self._geometry_at(places)
        partners = alike(self._sim_crops.features[rows], self._real_crops, settings.alike, rng)
        real = augmented(self._crops(self._real, self._real_crops.places[partners]), rng)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=mixes(self._device)):
            change = self._change(before, geometry)
            after = changed(before, change.float())
        losses: Losses = {}

        remembered = augmented(self._history.mixed(after.detach(), rng), rng)
        if self._right < settings.right_enough:
            judged = against_both(self._judges(real), self._judges(remembered))
            losses["discriminators"] = float(judged.detach())
            if self.steps_done % settings.penalty_every == 0:
                steep = penalty(self._judges, real) + penalty(self._judges, remembered)
                losses["penalty"] = float(steep.detach())
                judged = judged + settings.penalty / 2 * settings.penalty_every * steep
            _descend(self._judges_optimizer, judged)

        said_real, said_fake = self._judges(real).detach(), self._judges(augmented(after, rng))
        self._right += _FORGET * (float((said_real.mean(1) > said_fake.mean(1)).float().mean()) - self._right)
        adversarial = against_refiner(said_real, said_fake)
        slopes, outlines = _kept(before, after, geometry)
        total = adversarial + settings.same * change.square().mean() + settings.gradients * slopes + settings.edges * outlines
        for weight, consistency in self.consistencies:
            seen = consistency(before, after, geometry)
            losses["seen"] = losses.get("seen", 0.0) + float(seen.detach())
            total = total + weight * seen
        if settings.contrast:
            elsewhere = self._contrast(before, after, rng)
            losses["contrast"] = float(elsewhere.detach())
            total = total + settings.contrast * elsewhere
        _descend(self._residual_optimizer, total)
        _average(self._averaged_residual, self._residual, settings.averaged, self.steps_done - settings.camera_steps)
        return losses | {
            "refiner": float(adversarial.detach()),
            "slopes": float(slopes.detach()),
            "outlines": float(outlines.detach()),
            "change": float(change.detach().abs().mean()),
            "right": self._right,
        }

    def _developed(self, camera: CameraBranch, places: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        """The crops as the camera takes them."""
        crop = self.settings.crop_px
        latent, grain = (
            torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)).to(self._device)
            for shape in ((len(places), LATENT), (len(places), 1, crop, crop))
        )
        parameters = camera(self._facts[places[:, 0]].to(self._device), latent)
        rgb = self._crops(self._sim, places)
        return develop(rgb, parameters, grain, self._radii(places))

    def _crops(self, pictures: Sequence[Rgb], places: np.ndarray) -> torch.Tensor:
        """(n, 3, crop, crop) in [0, 1]."""
        crop = self.settings.crop_px
        cut = np.stack([pictures[number][y : y + crop, x : x + crop] for number, y, x in places])
        return torch.from_numpy(cut).permute(0, 3, 1, 2).to(self._device).float() / 255

    def _radii(self, places: np.ndarray) -> torch.Tensor:
        crop = self.settings.crop_px
        return torch.stack([self._radius2[y : y + crop, x : x + crop] for _, y, x in places])[:, None].to(self._device)

    def _geometry_at(self, places: np.ndarray) -> Geometry:
        half = self.settings.crop_px // 2
        cut = [self._geometry[number][:, y // 2 : y // 2 + half, x // 2 : x // 2 + half] for number, y, x in places]
        both = torch.stack(cut).to(self._device)
        return Geometry(both[:, :CHANNELS].float(), both[:, CHANNELS].long())

    def _steepness_of_photographs(self) -> torch.Tensor:
        """Of photographs' crops that look like the renderings': two towns differ in more than their cameras."""
        rng = self.seed.child("target").rng()
        rows = rng.integers(len(self._sim_crops), size=_TARGET_CROPS)
        places = self._real_crops.places[alike(self._sim_crops.features[rows], self._real_crops, self.settings.alike, rng)]
        rgb = self._crops(self._real, places)
        # Photographs have whole codes, and what is developed has not.
        dither = torch.from_numpy(rng.uniform(-0.5, 0.5, rgb.shape).astype(np.float32)).to(self._device) / 255
        return steepness_of((rgb + dither).clamp(0, 1))


def _kept(before: torch.Tensor, after: torch.Tensor, geometry: Geometry) -> tuple[torch.Tensor, torch.Tensor]:
    """How much slopes were changed, of luma everywhere, of colours where there are no edges, and of luma near outlines: mean squares, 1 where it
    begins to show.

    Squares, because an adversary's first steps are small, and absolute values would hold a picture where it is, however good the reason to move.
    Slopes, and not colours: where colours are held near outlines and free elsewhere, a rim is painted around everything. Where slopes of colours are
    free, bright lines get fringes, and white surfaces spots of the sky's colour; where they are held at edges as well, what should end there fades
    out around them (edges are left out as in C. Godard et al., CVPR 2017).
    """
    change = (after - before) / _SHOWS
    moved = luma_of(change)
    colored, luma = change - moved, luma_of(before)
    band = nn.functional.interpolate(nn.functional.max_pool2d(geometry.channels[:, 4:5], 3, 1, 1), scale_factor=2)
    everywhere, outlines = moved.new_zeros(()), moved.new_zeros(())
    for axis in (2, 3):
        steep, where = moved.diff(dim=axis).square(), band.narrow(axis, 1, band.shape[axis] - 1)
        smooth = torch.exp(-luma.diff(dim=axis).abs() / _EDGE)
        everywhere = everywhere + steep.mean() + (smooth * colored.diff(dim=axis).square()).sum(1).mean()
        outlines = outlines + (steep * where).sum() / where.sum().clamp_min(1)
    return everywhere, outlines


def _packed(geometry: Geometry) -> torch.Tensor:
    """(CHANNELS + 1, h/2, w/2) float16: categories are below 64, which it holds exactly."""
    return torch.cat([geometry.channels[0], geometry.category.float()]).half()


def _descend(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_([weight for group in optimizer.param_groups for weight in group["params"]], _LONGEST)
    optimizer.step()


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, share: float, step: int) -> None:
    """An average over about 1 / (1 - share) steps, and over all there were before."""
    weight = max(1 - share, 1 / (step + 1))
    for mean, now in zip(averaged.parameters(), network.parameters(), strict=True):
        mean.lerp_(now, weight)


def _compared(settings: TrainSettings) -> dict[str, Any]:
    """All but how long it takes, and where."""
    return {name: value for name, value in asdict(settings).items() if name not in ("steps", "device", "compile")}
