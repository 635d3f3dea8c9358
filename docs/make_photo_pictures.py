"""Make the pictures of docs/photos.md, from photographs that the engine takes itself.

    python docs/make_photo_pictures.py

`composites.jpg` shows photographs, what examples/plans/photos.yaml puts into them, and the labels; `parts.jpg` what a composite is made of.
"""

import os
import runpy
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from diorama.plan import load_plan
from diorama.preview import category_color, grid
from diorama.randomizers.distributions import Constant
from diorama.randomizers.photo_camera import PhotoCamera
from diorama.sim.assets.color import encode_srgb
from diorama.sim.frame import Sample
from diorama.sim.render.backdrop import codes, linear
from diorama.sim.spec import MaterialSpec
from diorama.studio import Studio, generate

HERE = Path(__file__).parent / "images" / "photos"
PLAN = Path(__file__).parents[1] / "examples" / "plans" / "photos.yaml"
SIZE = (480, 360)
#: Scenes of the plan that are shown, and the one that is taken apart.
SHOWN, APART = (1, 5, 7), 5


def photograph(sample: Sample, studio: Studio) -> np.ndarray:
    """What there was before anything was put into it."""
    camera = sample.frames[0].camera
    assert camera.backdrop is not None
    return codes(linear(camera.backdrop, studio.library.photo(camera.backdrop.path), camera.width, camera.height))


def labelled(sample: Sample) -> np.ndarray:
    """The picture with masks and boxes drawn on it."""
    (frame,), (labels,) = sample.frames, sample.annotations
    assert frame.instance is not None
    out = (frame.rgb // 2).copy()
    for index, box in zip(labels.body_index.tolist(), labels.box_xyxy.tolist(), strict=True):
        color = category_color(index)
        mask = frame.instance == index + 1
        out[mask] = out[mask] // 2 + np.array(color, np.uint8) // 2
        cv2.rectangle(out, (box[0], box[1]), (box[2] - 1, box[3] - 1), color, 1)
    return out


def parts(sample: Sample, studio: Studio) -> list[np.ndarray]:
    """The photograph, what is added to it, how much of it comes through, and the composite."""
    frame = sample.frames[0]
    dull, black = (MaterialSpec(base_color=(c, c, c), roughness=1.0, ior=1.0) for c in (0.8, 0.0))
    dark = replace(sample.spec.environment, background_top=(0.0, 0.0, 0.0), background_bottom=(0.0, 0.0, 0.0))
    camera = replace(frame.camera, backdrop=None, sensor=replace(frame.camera.sensor, read_noise=0.0, shot_noise=0.0))

    def radiance(material: MaterialSpec, *, empty: bool = False) -> np.ndarray:
        bodies = [replace(b, catcher=False, material=material) if b.catcher else b for b in sample.spec.bodies if b.catcher or not empty]
        studio.renderer.load(sample.spec.replace(bodies=tuple(bodies), environment=dark))
        seen = studio.renderer.render(camera, ("radiance",)).radiance
        assert seen is not None
        return seen

    added = radiance(black)
    through = (radiance(dull) - added) / np.maximum(radiance(dull, empty=True), 1e-6)
    return [photograph(sample, studio), encode_srgb(np.clip(added, 0, 1)), encode_srgb(np.clip(through, 0, 1)), frame.rgb]


def main() -> None:
    """Write both pictures beside the documents."""
    HERE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        runpy.run_path(str(PLAN.with_suffix(".py")), run_name="__main__")
        plan = replace(load_plan(PLAN), resolution=SIZE, views=1)
        plan = replace(plan, randomizers=tuple(PhotoCamera(zoom=Constant(1.0)) if r.name == PhotoCamera.name else r for r in plan.randomizers))
        with Studio(plan) as studio:
            samples = [generate(plan, 1, index, studio=studio) for index in SHOWN]
            rows = [photograph(sample, studio) for sample in samples], [sample.frames[0].rgb for sample in samples], [labelled(s) for s in samples]
            taken_apart = parts(generate(plan, 1, APART, studio=studio), studio)
    for name, pictures, columns in (("composites", [p for row in rows for p in row], len(SHOWN)), ("parts", taken_apart, 4)):
        sheet = grid([cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) for picture in pictures], columns)
        cv2.imwrite(str(HERE / f"{name}.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
