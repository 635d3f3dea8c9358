"""Settings of a training, and presets of them for the machines there are."""

import math
from dataclasses import dataclass
from typing import Literal

from diorama.sim.errors import InvalidValue, UnknownName, suggestion

Loss = Literal["relativistic", "lsgan", "hinge", "bce"]
LOSSES: tuple[Loss, ...] = ("relativistic", "lsgan", "hinge", "bce")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """All that a training is made of. `steps` counts those of the camera, which come first and are `camera_steps`, too.

    `crop_px` are the sides of squares that are looked at, `batch` of them in a step; `pictures` the most that are held of either side, spread evenly
    over it. `width` is that of the residual branch, `bound` the most it changes a colour, in logits of its sRGB code. `same`, `gradients` and
    `edges` weigh how much its pictures may differ in colours, in slopes, and in slopes near outlines; `penalty` is that of R1 and R2, taken every
    `penalty_every` steps. Rates of learning fall to nothing in the second half of the steps.
    """

    steps: int
    camera_steps: int
    batch: int
    crop_px: int
    pictures: int = 400
    width: int = 48
    bound: float = 0.4
    loss: Loss = "relativistic"
    learning_rate: float = 1e-3
    camera_learning_rate: float = 1e-2
    penalty: float = 2.0
    penalty_every: int = 4
    same: float = 0.3
    gradients: float = 0.15
    edges: float = 0.15
    #: Of the contrastive loss of patches; 0 leaves it out.
    contrast: float = 0.0
    #: Weighs how differently the label gate's network, which is trained for so many steps first, may see what was refined.
    oracle: float = 0.1
    oracle_steps: int = 2500
    history: int = 128
    averaged: float = 0.99
    #: Discriminators rest while they are right more often than this.
    right_enough: float = 0.85
    #: A photograph's crop is drawn from so many that are most alike.
    alike: int = 8
    device: Literal["cpu", "cuda"] = "cpu"
    #: Compiles the residual branch, on CUDA. On the CPU compiling takes longer than most trainings, and is left out.
    compile: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.camera_steps <= self.steps:
            raise InvalidValue(f"camera_steps must be from 0 to steps, which are {self.steps}, got {self.camera_steps}")
        if self.crop_px % 4 or self.crop_px < 64:
            raise InvalidValue(f"crop_px must be a multiple of 4 and 64 or more, got {self.crop_px}")
        for name in ("batch", "pictures", "history", "penalty_every", "alike", "width"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} must be 1 or more, got {getattr(self, name)}")
        if self.batch % 2:
            raise InvalidValue(f"batch must be even, got {self.batch}: half of it comes from earlier steps")
        if not 0 <= self.contrast < math.inf:
            raise InvalidValue(f"contrast must be 0 or more, got {self.contrast}: it weighs a loss")
        if not 0 < self.bound <= 2:
            raise InvalidValue(f"bound must be in (0, 2], got {self.bound}: with more, nothing would be left of a colour")
        if not self.oracle >= 0 or self.oracle_steps < 1:
            raise InvalidValue(f"oracle must be 0 or more, and its steps 1 or more, got {self.oracle} and {self.oracle_steps}")
        if self.loss not in LOSSES:
            raise UnknownName(f'no loss named "{self.loss}".{suggestion(self.loss, LOSSES)} Known: {", ".join(LOSSES)}')


#: `smoke` shows in a minute that everything runs; `cpu` is useful within half an hour on two cores; `gpu` is for CUDA.
PRESETS = {
    "smoke": TrainSettings(steps=60, camera_steps=40, batch=4, crop_px=64, pictures=40, width=16, oracle_steps=200),
    "cpu": TrainSettings(steps=3000, camera_steps=600, batch=8, crop_px=96, averaged=0.995),
    "gpu": TrainSettings(
        steps=40000, camera_steps=1000, batch=32, crop_px=160, pictures=2000, history=1024, averaged=0.999, device="cuda", compile=True
    ),
}
