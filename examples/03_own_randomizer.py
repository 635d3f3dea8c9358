"""A randomizer of one's own, added to the tabletop's.

Run: python examples/03_own_randomizer.py
"""

import dataclasses
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import tyro

import diorama
from diorama.testing import check_randomizer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clay:
    """Every object in unglazed clay of its own shade, so that shapes alone tell objects apart."""

    name: ClassVar[str] = "clay"
    stage: ClassVar[str] = "scene"
    shade: diorama.Distribution = diorama.Uniform(0.3, 1.0)
    roughness: diorama.Distribution = diorama.Uniform(0.7, 1.0)

    def sample(self, seed: diorama.Seed, spec: diorama.SceneSpec, context: diorama.Context) -> dict[str, Any]:
        """All randomness is here. Each object has a stream of its own: one more leaves the others as they were."""
        streams = {body.name: seed.child("body", body.name).rng() for body in spec.bodies if body.category}
        return {name: {"shade": self.shade.sample(rng), "roughness": self.roughness.sample(rng)} for name, rng in streams.items()}

    def apply(self, spec: diorama.SceneSpec, params: dict[str, Any]) -> diorama.SceneSpec:
        """Pure: from the recorded draws alone."""
        return spec.map_bodies({name: {"material": _clay(**drawn)} for name, drawn in params.items()})


def _clay(shade: float, roughness: float) -> diorama.MaterialSpec:
    return diorama.MaterialSpec(base_color=(0.6 * shade, 0.27 * shade, 0.15 * shade), roughness=roughness)


def main(out: Path = Path("out/own_randomizer.png"), tiny: bool = False) -> None:
    """Write a scene without and with clay to `out`, side by side."""
    check_randomizer(Clay())  # pure, replayable, the same in every process
    plain = diorama.default_plan("tabletop", resolution=(96, 72) if tiny else (640, 480), views=1)
    clay = dataclasses.replace(plain, randomizers=(*plain.randomizers, Clay()))
    pictures = [diorama.generate(plan, seed=0, index=0).frames[0].rgb for plan in (plain, clay)]
    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out), cv2.cvtColor(np.hstack(pictures), cv2.COLOR_RGB2BGR))
    print(f"without and with clay: {out}")


if __name__ == "__main__":
    tyro.cli(main)
