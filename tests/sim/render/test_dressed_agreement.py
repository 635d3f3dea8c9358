"""All renderers dress bodies alike: materials of parts, looks of others, adjustments, wear and dust."""

from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.errors import MissingExtra
from diorama.sim.render import open_renderer
from diorama.sim.render.gl import NoOpenGL
from diorama.sim.spec import (
    Adjustment,
    BodySpec,
    CameraSpec,
    EnvironmentSpec,
    MaterialSpec,
    MeshShape,
    Pose,
    ProceduralTexture,
    SceneSpec,
    Weathering,
)
from diorama.sim.transforms import look_at

#: Even light and nothing that mirrors, so that pictures are of colours alone.
EVEN = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1), occlusion_radius_m=0)
CAMERA = CameraSpec(
    name="view", width=96, height=96, fx=130, fy=130, cx=48, cy=48, world_from_camera=Pose.from_matrix(look_at((0.1, -0.3, 0.25), (0, 0, 0)))
)
DULL = MaterialSpec(roughness=1.0, ior=1.0)
CHECKS = ProceduralTexture(pattern="checks", color_a=(0.8, 0.1, 0.1), color_b=(0.1, 0.7, 0.2), tile_m=0.08, frequency=1)
PARTS = tuple(replace(DULL, base_color=c) for c in ((0.8, 0.1, 0.1), (0.1, 0.7, 0.1), (0.1, 0.2, 0.8)))
WEATHERED = Weathering(wear=0.7, dust=0.5, bare=(0.1, 0.1, 0.6), seed=4)
DRESSES = {
    "parts": {"part_materials": PARTS},
    "adjusted": {"part_materials": PARTS, "adjustment": Adjustment(hue_turn=0.3, value=0.7)},
    "weathered": {"part_materials": PARTS, "weathering": WEATHERED},
    "weathered, with a pattern": {"material": replace(DULL, base_color=(1, 1, 1), texture=CHECKS), "weathering": WEATHERED},
}


def scene(asset, **fields):
    return SceneSpec(bodies=(BodySpec(name="thing", shape=MeshShape(asset=asset), **fields),), environment=EVEN)


@pytest.fixture(scope="module", params=["gl", "pathtrace"])
def other(request, library):
    settings = {"spp": 32, "denoise": False} if request.param == "pathtrace" else {}
    try:
        with open_renderer(request.param, library, **settings) as renderer:
            yield renderer
    except (MissingExtra, NoOpenGL) as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("dress", DRESSES)
def test_renderers_show_the_same(dress, raster, other):
    spec = scene("household:milk-carton/0", **DRESSES[dress])
    shots = []
    for renderer in (raster, other):
        renderer.load(spec)
        shots.append(renderer.render(CAMERA, ("radiance", "instance")))
    ours, theirs = shots
    there = (ours.instance == 1) & (theirs.instance == 1)
    assert there.mean() > 0.1
    ratio = np.log(np.maximum(theirs.radiance[there], 1e-3) / np.maximum(ours.radiance[there], 1e-3))
    # Where roughness comes from a picture, Mitsuba's dull surfaces are Burley's and not Lambert's.
    assert np.median(np.abs(ratio)) < (0.12 if "weathered" in dress else 0.03)
    assert np.corrcoef(ours.radiance[there].ravel(), theirs.radiance[there].ravel())[0, 1] > 0.93
