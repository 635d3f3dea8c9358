"""Surfaces that alpha cuts away, against the same holes cut into the mesh: in labels, pictures, silhouettes, and through lenses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from diorama.sim.assets.color import linear_from_srgb
from diorama.sim.frame import Frame
from diorama.sim.render.raster import Raster
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    BrownConrady,
    CameraSpec,
    EnvironmentSpec,
    ImageTexture,
    KannalaBrandt,
    MaterialSpec,
    MeshShape,
    Pose,
    SceneSpec,
    SunLight,
)
from diorama.sim.transforms import look_at

LABELS = ("depth", "instance", "normal", "amodal")
#: A plate of one metre, from the origin on, 8 x 8 texels.
CELLS = 8
FLOOR = BodySpec(name="floor", shape=BoxShape(size_m=(6, 6, 0.2)), world_from_body=Pose((0.5, 0.5, -0.6)), material=MaterialSpec())
ABOVE = CameraSpec(width=120, height=100, fx=100, fy=100, cx=60, cy=50, world_from_camera=Pose.from_matrix(look_at((0.5, 0.5, 1.25), (0.5, 0.5, 0))))
TILTED = replace(ABOVE, world_from_camera=Pose.from_matrix(look_at((0.1, -0.7, 0.8), (0.5, 0.4, 0))))
BENT = replace(TILTED, distortion=BrownConrady(k1=-0.2, k2=0.05, p1=0.01))
ROUND = replace(TILTED, fx=60, fy=60, distortion=KannalaBrandt(k1=0.05))
#: A part of the plate is beyond the picture.
CLOSE = replace(ABOVE, fx=200, fy=200, cx=15, cy=120)


@pytest.fixture(scope="module")
def there() -> NDArray[np.bool_]:
    """(rows, columns) of cells, the first row at the far edge. Wherever four meet, edges cross or run straight on: there, alpha between
    texels reaches a half along their edges, and rounds no corner.
    """
    rows, columns = np.array([0, 1, 0, 0, 1, 0, 1, 1]), np.array([1, 0, 0, 1, 0, 1, 1, 0])
    return rows[:, None] != columns


@pytest.fixture(scope="module")
def picture(there: NDArray[np.bool_], tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("alpha") / "cells.png")
    cv2.imwrite(path, np.dstack([np.full((CELLS, CELLS, 3), 188, np.uint8), there.astype(np.uint8) * 255]))
    return path


def square(library: Any, material: MaterialSpec) -> BodySpec:
    name = library.add("square", [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [(0, 1, 2), (0, 2, 3)])
    return BodySpec(name="plate", shape=MeshShape(asset=name), material=material, category="plate")


def cut(library: Any, there: NDArray[np.bool_], material: MaterialSpec) -> BodySpec:
    """The square's cells that are there."""
    vertices, faces = [], []
    for row, column in zip(*np.nonzero(there), strict=True):
        x, y = column / CELLS, 1 - (row + 1) / CELLS
        first, side = len(vertices), 1 / CELLS
        vertices += [(x, y, 0), (x + side, y, 0), (x + side, y + side, 0), (x, y + side, 0)]
        faces += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    return BodySpec(name="plate", shape=MeshShape(asset=library.add("cells", vertices, faces)), material=material, category="plate")


def scene(*bodies: BodySpec) -> SceneSpec:
    sun = SunLight(direction=(0.2, 0.3, -1), irradiance=(3, 3, 3), angular_diameter_rad=0.01)
    return SceneSpec(bodies=(FLOOR, *bodies), lights=(sun,), environment=EnvironmentSpec(occlusion_radius_m=0))


def frame(raster: Raster, spec: SceneSpec, camera: CameraSpec, channels: tuple[str, ...] = LABELS) -> Frame:
    raster.load(spec)
    return raster.render(camera, channels)


def same_labels(a: Frame, b: Frame) -> None:
    np.testing.assert_array_equal(a.instance, b.instance)
    np.testing.assert_allclose(a.depth_m, b.depth_m, rtol=1e-6)
    np.testing.assert_allclose(a.normal, b.normal, atol=1e-6)
    assert a.silhouettes.keys() == b.silhouettes.keys() == {1}
    mine, other = a.silhouettes[1], b.silhouettes[1]
    assert (mine.inside_px, mine.total_px, mine.box_xyxy) == (other.inside_px, other.total_px, other.box_xyxy)
    np.testing.assert_array_equal(mine.bits, other.bits)


@pytest.mark.parametrize("camera", [ABOVE, TILTED, BENT, ROUND, CLOSE], ids=["above", "tilted", "bent", "round", "close"])
def test_what_alpha_cuts_is_cut_as_by_scissors(raster: Raster, library: Any, there: NDArray[np.bool_], picture: str, camera: CameraSpec) -> None:
    textured = MaterialSpec(base_color=(1, 1, 1), texture=ImageTexture(path=picture, tile_m=1.0), alpha="mask", roughness=1.0, ior=1.0)
    by_alpha = frame(raster, scene(square(library, textured)), camera, (*LABELS, "radiance"))
    grey = linear_from_srgb(188 / 255)
    plain = MaterialSpec(base_color=(grey, grey, grey), roughness=1.0, ior=1.0)
    by_mesh = frame(raster, scene(cut(library, there, plain)), camera, (*LABELS, "radiance"))
    same_labels(by_alpha, by_mesh)
    assert {1, 2} <= set(np.unique(by_alpha.instance))
    # The shadows' edges are those of a map's texels, and colours are rounded to bytes.
    assert np.mean(np.abs(by_alpha.radiance - by_mesh.radiance).max(axis=2) < 5e-3) > 0.98


def test_an_edge_is_as_smooth_as_a_mesh_s(raster: Raster, library: Any, there: NDArray[np.bool_], picture: str) -> None:
    """All samples of a pixel agree, not only its centre: against nothing, by light that shows no shadows."""
    white = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1), background_top=(0, 0, 0), background_bottom=(0, 0, 0), occlusion_radius_m=0)
    material = MaterialSpec(texture=ImageTexture(path=picture, tile_m=1.0), alpha="mask", roughness=1.0, ior=1.0)
    shown = {}
    for name, body in {"alpha": square(library, material), "mesh": cut(library, there, replace(material, texture=None, alpha="opaque"))}.items():
        radiance = frame(raster, SceneSpec(bodies=(body,), environment=white), TILTED, ("radiance",)).radiance[..., 0]
        shown[name] = radiance / radiance.max()
    np.testing.assert_allclose(shown["alpha"], shown["mesh"], atol=1e-5)
    assert {0.25, 0.5, 0.75} <= set(np.round(np.unique(shown["mesh"]), 4))


def test_far_away_as_much_is_there(raster: Raster, library: Any, tmp_path: Path) -> None:
    """Where many texels fall into a pixel, about as many pixels are cut away as texels are."""
    alpha = np.zeros((256, 256), np.uint8)
    for x, y in np.random.default_rng(1).integers(0, 256, (160, 2)).tolist():
        cv2.circle(alpha, (x, y), 8, 255, -1)
    cv2.imwrite(str(tmp_path / "leaves.png"), np.dstack([alpha] * 4))
    share = np.mean(alpha > 127)
    leaves = MaterialSpec(texture=ImageTexture(path=str(tmp_path / "leaves.png"), tile_m=1.0), alpha="mask")
    for height in (1.0, 3.0, 6.0):
        camera = replace(ABOVE, world_from_camera=Pose.from_matrix(look_at((0.5, 0.5, height), (0.5, 0.5, 0))), fx=120, fy=120)
        whole = frame(raster, scene(square(library, MaterialSpec())), camera).silhouettes[1].total_px
        assert frame(raster, scene(square(library, leaves)), camera).silhouettes[1].total_px / whole == pytest.approx(share, abs=0.06)


def test_what_is_below_the_cut_off_as_a_whole_is_not_there(raster: Raster, library: Any, picture: str) -> None:
    without = frame(raster, scene(), TILTED, ("instance", "depth", "radiance"))
    for texture in (None, ImageTexture(path=picture, tile_m=1.0)):
        body = square(library, MaterialSpec(alpha="mask", opacity=0.4, texture=texture))
        got = frame(raster, scene(body), TILTED, ("instance", "depth", "radiance", "amodal"))
        for name in ("instance", "depth_m", "radiance"):
            np.testing.assert_array_equal(getattr(got, name), getattr(without, name))
        assert got.silhouettes[1].total_px == 0


def test_a_cut_off_tells_how_much_is_cut(raster: Raster, library: Any, tmp_path: Path) -> None:
    """Alpha in steps of 32, of which opacity takes a part."""
    ramp = np.repeat(np.arange(8, dtype=np.uint8)[None] * 32, 8, axis=0)
    cv2.imwrite(str(tmp_path / "ramp.png"), np.dstack([np.full((8, 8, 3), 255, np.uint8), ramp]))
    whole = frame(raster, scene(square(library, MaterialSpec())), ABOVE).silhouettes[1].total_px
    for cutoff, opacity in [(0.0, 1.0), (0.2, 1.0), (0.5, 1.0), (0.5, 0.7), (0.75, 0.8)]:
        material = MaterialSpec(texture=ImageTexture(path=str(tmp_path / "ramp.png"), tile_m=1.0), alpha="mask", alpha_cutoff=cutoff, opacity=opacity)
        got = frame(raster, scene(square(library, material)), ABOVE).silhouettes[1].total_px / whole
        # Alpha rises from texel to texel, from 0 in the middle of the first to 224 in that of the last.
        first = np.clip((cutoff / opacity * 255 / 32 + 0.5) / 8, 0, 1) if cutoff > 0 else 0
        beyond = cutoff / opacity * 255 > 224
        assert got == pytest.approx(0 if beyond else 1 - first, abs=0.02)


def test_opaque_surfaces_do_not_mind_alpha(raster: Raster, library: Any, picture: str) -> None:
    texture = ImageTexture(path=picture, tile_m=1.0)
    got = frame(raster, scene(square(library, MaterialSpec(texture=texture, opacity=0.1))), TILTED)
    same_labels(got, frame(raster, scene(square(library, MaterialSpec())), TILTED))


def test_both_faces_of_a_cut_out_are_seen_and_hidden(raster: Raster, library: Any, there: NDArray[np.bool_], picture: str) -> None:
    below = replace(ABOVE, world_from_camera=Pose.from_matrix(look_at((0.5, 0.5, -0.37), (0.5, 0.5, 0), up=(0, 1, 0))))
    textured = MaterialSpec(texture=ImageTexture(path=picture, tile_m=1.0), alpha="mask")
    same_labels(
        frame(raster, scene(square(library, textured)), below),
        frame(raster, scene(cut(library, there, MaterialSpec())), below),
    )
    one_sided = frame(raster, scene(square(library, replace(textured, two_sided=False))), below)
    assert not one_sided.instance.any()
