"""The refiner that was learned from photographs: another camera, and what no camera explains."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch

from diorama.refine.base import Rendered, Rgb
from diorama.refine.camera import LATENT, CameraBranch, Development, develop, facts_of, radius2_of, tensor_of
from diorama.refine.geometry import Geometry
from diorama.refine.residual import OutOfBounds, ResidualBranch, check_bound, most_logits
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """Both branches, in float32 on the CPU. Without a `residual`, the camera alone."""

    name: ClassVar[str] = "learned"
    camera: CameraBranch
    residual: ResidualBranch | None = None

    @torch.inference_mode()
    def apply(self, picture: Rendered, seed: Seed) -> Rgb:
        """Latent numbers and grain are drawn from the `seed`. Raises OutOfBounds when the residual is beyond its bound, or something is no number."""
        height, width = picture.rgb.shape[:2]
        before, after = self._branches(picture, seed)
        _check_numbers(after)
        if self.residual is not None:
            check_bound(before, after, self.residual.bound)
        return (after[0, :, :height, :width].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()

    @torch.inference_mode()
    def reach(self, picture: Rendered, seed: Seed) -> tuple[float, float]:
        """The most by which the residual moves a colour of this picture: in logits of its code, and in codes of 8 bits. NaN where it is no number."""
        before, after = self._branches(picture, seed)
        return most_logits(before, after), float((after - before).abs().max() * 255)

    def _branches(self, picture: Rendered, seed: Seed) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, 3, h, w) each, in [0, 1]: as the camera takes the picture, and with the residual; with one, sides are filled up to multiples of 4."""
        height, width = picture.rgb.shape[:2]
        latent, grain = latent_of(seed)[None], _noise(seed, height, width)
        developed = develop(
            tensor_of(picture.rgb), self.camera(facts_of(torch.from_numpy(picture.rgb))[None], latent), grain, _radius2(height, width)
        )
        if self.residual is None:
            return developed, developed
        padded = _padded(picture)
        high, wide = padded.rgb.shape[:2]
        before = torch.nn.functional.pad(developed, (0, wide - width, 0, high - height), mode="replicate")
        return before, self.residual(before, Geometry.of(padded))

    def weakened(self, *, camera: float = 1.0, residual: float = 1.0) -> Self:
        """The same with these shares, in (0, 1], of what the camera does, and of what the residual changes and its bound."""
        weaker, rest = deepcopy(self.camera), deepcopy(self.residual)
        weaker.strength *= camera
        if rest is not None:
            rest.bound *= residual
        return replace(self, camera=weaker, residual=rest)

    def development(self, pictures: Mapping[str, Rgb], seed: Seed) -> Development:
        """What the camera branch does to pictures, each with the seed's child of its name."""
        facts = torch.stack([facts_of(torch.from_numpy(np.ascontiguousarray(rgb))) for rgb in pictures.values()])
        return self.camera.development(facts, torch.stack([latent_of(seed.child(name)) for name in pictures]))

    def state(self) -> dict[str, Any]:
        """Numbers and tensors that `from_state` makes the same refiner of."""
        out: dict[str, Any] = {f"camera.{key}": value for key, value in self.camera.state_dict().items()}
        if self.residual is not None:
            out |= {"width": self.residual.width, "bound": self.residual.bound}
            out |= {f"residual.{key}": value for key, value in self.residual.state_dict().items()}
        return out

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Raises InvalidValue for a state of other networks."""
        camera = CameraBranch()
        _load(camera, state, "camera.")
        if not 0 <= float(camera.strength) <= 1:
            raise InvalidValue(f"a camera branch has a strength from 0 to 1, got {float(camera.strength)}")
        residual = None
        if "width" in state:
            width, bound = state["width"], state.get("bound")
            if not isinstance(width, int) or not 1 <= width <= 512 or not isinstance(bound, float) or not 0 < bound <= 2:
                raise InvalidValue(f"a residual branch is 1 to 512 wide and bound by up to 2 logits, got {width!r} and {bound!r}")
            residual = ResidualBranch(width=width, bound=bound)
            _load(residual, state, "residual.")
        return cls(camera=camera.eval(), residual=None if residual is None else residual.eval())


def _check_numbers(rgb: torch.Tensor) -> None:
    """Rounded to codes, what is no number would be a colour like any other."""
    if not bool(rgb.isfinite().all()):
        raise OutOfBounds("what this refiner makes of the picture are no numbers: it is damaged; train it anew")


def latent_of(seed: Seed) -> torch.Tensor:
    """(LATENT,) float32, normal."""
    return torch.from_numpy(seed.child("camera").rng().standard_normal(LATENT, dtype=np.float32))


def _noise(seed: Seed, height: int, width: int) -> torch.Tensor:
    return torch.from_numpy(seed.child("grain").rng().standard_normal((1, 1, height, width), dtype=np.float32))


def _radius2(height: int, width: int) -> torch.Tensor:
    return radius2_of(height, width)[None, None]


def _padded(picture: Rendered) -> Rendered:
    """With its last rows and columns repeated until sides are multiples of 4."""
    height, width = picture.rgb.shape[:2]
    more = ((0, -height % 4), (0, -width % 4))
    if more == ((0, 0), (0, 0)):
        return picture
    return Rendered(
        rgb=np.pad(picture.rgb, (*more, (0, 0)), "edge"),
        depth_m=np.pad(picture.depth_m, more, "edge"),
        instance=np.pad(picture.instance, more, "edge"),
        category=np.pad(picture.category, more, "edge"),
    )


def _load(network: torch.nn.Module, state: Mapping[str, Any], prefix: str) -> None:
    tensors = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    wanted = network.state_dict()
    fit = set(tensors) == set(wanted) and all(
        isinstance(tensors[key], torch.Tensor)
        and (tensors[key].shape, tensors[key].dtype) == (value.shape, value.dtype)
        and bool(tensors[key].isfinite().all())
        for key, value in wanted.items()
    )
    if not fit:
        raise InvalidValue(f"what is stored is no {prefix.rstrip('.')} branch of this version: names, shapes or numbers are others; train it anew")
    network.load_state_dict(tensors)
