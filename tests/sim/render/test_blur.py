"""Depth of field, motion blur and rolling shutter against the formulas of the thin lens and of motion; labels stay exact."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from diorama.sim.frame import Frame
from diorama.sim.render.raster import Raster
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    BrownConrady,
    CameraSpec,
    CylinderShape,
    Distortion,
    EnvironmentSpec,
    MaterialSpec,
    Motion,
    Pose,
    SceneSpec,
    SphereShape,
    SunLight,
)
from diorama.sim.transforms import look_at, normalize_quat

#: Looks along +y from the origin: the picture's right is +x, its down is -z.
AHEAD = Pose.from_matrix(look_at((0, 0, 0), (0, 1, 0)))
CAMERA = CameraSpec(width=96, height=72, fx=200, fy=200, cx=48, cy=36, world_from_camera=AHEAD)
STILL = Motion()
WHITE = MaterialSpec(base_color=(0.8, 0.8, 0.8), roughness=1.0)
#: White all around but for a black background: a white thing is evenly bright.
AROUND = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1), background_top=(0, 0, 0), background_bottom=(0, 0, 0), occlusion_radius_m=0.0)
LABELS = ("depth", "instance", "normal", "category", "object_coordinates", "flow_forward", "flow_backward")


def card(size_m: float, distance_m: float, motion: Motion = STILL) -> BodySpec:
    """A white square that faces the camera."""
    return BodySpec(
        name="card",
        shape=BoxShape(size_m=(size_m, 1e-3, size_m)),
        world_from_body=Pose((0.0, distance_m + 5e-4, 0.0)),
        material=WHITE,
        category="card",
        motion=motion,
    )


def shot(raster: Raster, spec: SceneSpec, camera: CameraSpec, *channels: str) -> Frame:
    raster.load(spec)
    return raster.render(camera, channels or ("radiance",))


def scene(*bodies: BodySpec) -> SceneSpec:
    return SceneSpec(bodies=bodies, environment=AROUND)


def moments(frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Middle (u, v) and variance of the light in the picture, in pixels, and its sum."""
    light = frame.radiance[..., 1].astype(np.float64)
    u, v = np.meshgrid(np.arange(light.shape[1]) + 0.5, np.arange(light.shape[0]) + 0.5)
    mean = np.array([(light * u).sum(), (light * v).sum()]) / light.sum()
    variance = np.array([(light * (u - mean[0]) ** 2).sum(), (light * (v - mean[1]) ** 2).sum()]) / light.sum()
    return mean, variance, light.sum()


@pytest.mark.parametrize(("distance_m", "focus_m"), [(1.0, 0.6), (1.0, 3.0), (0.5, 0.6)])
def test_circle_of_confusion(raster: Raster, distance_m: float, focus_m: float) -> None:
    """Of radius f a |1/focus - 1/z|, evenly filled: its variance is a quarter of its radius squared. The card's is 4^2 / 12, a pixel's 1 / 12."""
    spec = scene(card(0.02 * distance_m, distance_m))
    sharp = moments(shot(raster, spec, CAMERA))
    blurred_frame = shot(raster, spec, replace(CAMERA, aperture_m=0.06, focus_m=focus_m, blur_samples=256))
    blurred = moments(blurred_frame)
    radius = 200 * 0.06 * abs(1 / focus_m - 1 / distance_m)
    np.testing.assert_allclose(blurred[0], sharp[0], atol=0.1)
    np.testing.assert_allclose(blurred[1], (4**2 + 1) / 12 + radius**2 / 4, rtol=0.02)
    assert blurred[2] == pytest.approx(sharp[2], rel=0.02)
    # The card is 4 pixels wide; nothing falls farther out than the circle's edge.
    columns = np.flatnonzero(blurred_frame.radiance[..., 1].any(axis=0))
    assert columns[-1] + 1 - columns[0] == pytest.approx(4 + 2 * radius, abs=2)


def test_what_is_in_focus_stays_sharp(raster: Raster) -> None:
    spec = scene(card(0.1, 0.8))
    sharp, focused = (shot(raster, spec, camera).radiance for camera in (CAMERA, replace(CAMERA, aperture_m=0.05, focus_m=0.8)))
    inside = sharp[..., 0] == sharp[..., 0].max()
    np.testing.assert_allclose(focused[inside], sharp[inside], rtol=1e-5)
    # What is not wholly inside or outside was at an edge before.
    partly = (focused[..., 0] > 0) & (focused[..., 0] < 0.999 * focused.max())
    edge = (sharp[..., 0] > 0) & ~inside
    assert not np.any(partly & ~edge & (sharp[..., 0] > 0))
    np.testing.assert_allclose(
        moments(shot(raster, spec, CAMERA))[1], moments(shot(raster, spec, replace(CAMERA, aperture_m=0.05, focus_m=0.8)))[1], rtol=0.01
    )


def test_what_is_in_focus_stays_sharp_through_a_lens(raster: Raster) -> None:
    """Far off the axis too, where the picture is bent."""
    sheet = BodySpec(name="sheet", shape=BoxShape(size_m=(0.08, 1e-3, 0.06)), world_from_body=Pose((0.13, 0.8005, -0.08)), material=WHITE)
    lens = replace(CAMERA, distortion=BrownConrady(k1=-0.8, k2=0.2))
    cameras = [replace(lens, aperture_m=aperture, focus_m=focus) for aperture, focus in ((0.0, 0.8), (0.05, 0.8), (0.05, 1.6))]
    before, focused, blurred = (moments(shot(raster, scene(sheet), camera)) for camera in cameras)
    np.testing.assert_allclose(focused[0], before[0], atol=0.05)
    np.testing.assert_allclose(focused[1], before[1], rtol=0.02)
    # Out of focus it is smeared by 200 x 0.05 x (1 / 0.8 - 1 / 1.6) = 6.25 pixels at most.
    assert np.all(blurred[1] - before[1] > 0.5 * 6.25**2 / 4)
    assert np.all(blurred[1] - before[1] < 6.25**2 / 4)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("distortion", [None, BrownConrady(k1=-0.01)])
def test_few_pictures_are_in_the_right_place(raster: Raster, count: int, distortion: Distortion | None) -> None:
    """A card that ends a quarter into pixels is covered to the right share, about its own middle."""
    edged = BodySpec(name="card", shape=BoxShape(size_m=(0.1025, 1e-3, 0.1025)), world_from_body=Pose((0.0, 1.0005, 0.0)), material=WHITE)
    camera = replace(CAMERA, distortion=distortion, blur_samples=count, aperture_m=1e-9)
    frame = shot(raster, scene(edged), camera)
    mean, _, light = moments(frame)
    np.testing.assert_allclose(mean, (48, 36), atol=0.06 if distortion is None else 0.11)
    assert light / frame.radiance.max() == pytest.approx(20.5**2, rel=0.02)


@pytest.mark.parametrize("by", ["body", "camera"])
def test_length_of_motion_blur(raster: Raster, by: str) -> None:
    """speed x exposure x f / z, evenly filled, about where the labels are."""
    speed, exposure = 1.37, 0.043
    motion = Motion((speed, 0.0, 0.0))
    spec = scene(card(0.1, 1.0, motion if by == "body" else Motion()))
    camera = replace(CAMERA, exposure_s=exposure, blur_samples=64, motion=Motion() if by == "body" else motion)
    sharp, blurred = (shot(raster, spec, c, "radiance", "instance") for c in (replace(camera, exposure_s=0.0), camera))
    length = speed * exposure * 200 / 1.0
    (a, before, light), (b, after, light_after) = moments(sharp), moments(blurred)
    np.testing.assert_allclose(b, a, atol=0.1)
    assert light_after == pytest.approx(light, rel=1e-3)
    np.testing.assert_allclose(after, ((20**2 + 1 + length**2) / 12, before[1]), rtol=0.01)
    np.testing.assert_array_equal(blurred.instance, sharp.instance)
    columns = np.flatnonzero(blurred.instance.any(axis=0))
    assert b[0] == pytest.approx((columns[0] + columns[-1] + 1) / 2, abs=0.1)
    row = blurred.radiance[36, :, 1] / blurred.radiance.max()
    np.testing.assert_allclose(row, row[::-1], atol=3 / 64)


def test_lens_and_shutter_together(raster: Raster) -> None:
    """One is not bound to the other: variances add up."""
    spec = scene(card(0.04, 1.0, Motion((1.5, 0.0, 0.0))))
    camera = replace(CAMERA, aperture_m=0.05, focus_m=0.5, exposure_s=0.04, blur_samples=64)
    before, after = (moments(shot(raster, spec, c)) for c in (replace(camera, aperture_m=0.0, exposure_s=0.0), camera))
    truth = (8**2 + 1) / 12 + np.array([10**2 / 4 + 12**2 / 12, 10**2 / 4])
    np.testing.assert_allclose(after[1], truth, rtol=0.02)
    np.testing.assert_allclose(after[0], before[0], atol=0.1)


SPINNING = SceneSpec(
    bodies=(
        BodySpec(name="floor", shape=BoxShape(size_m=(3, 3, 0.1)), world_from_body=Pose((0, 1.5, -0.35)), material=WHITE),
        BodySpec(
            name="box",
            shape=BoxShape(size_m=(0.3, 0.2, 0.2)),
            world_from_body=Pose((-0.1, 1.3, -0.1), normalize_quat((0.9, 0.1, 0.3, 0.2))),
            category="box",
            motion=Motion((0.5, 0.2, 0.3), (0.0, 4.0, 9.0)),
        ),
        BodySpec(name="can", shape=CylinderShape(radius_m=0.08, height_m=0.2), world_from_body=Pose((0.25, 1.1, -0.2)), category="can"),
        BodySpec(name="ball", shape=SphereShape(radius_m=0.1), world_from_body=Pose((-0.2, 0.9, -0.2)), category="ball"),
    ),
    lights=(SunLight(direction=(0.3, 0.6, -1.0)),),
)
MOVING = replace(CAMERA, fx=120, fy=120, motion=Motion((0.3, 0.1, 0.0), (0.1, 0.0, 0.5)))
EFFECTS = {
    "aperture": {"aperture_m": 0.03, "focus_m": 1.0},
    "exposure": {"exposure_s": 0.05},
    "both": {"aperture_m": 0.03, "focus_m": 1.0, "exposure_s": 0.05},
}


@pytest.mark.parametrize("effect", EFFECTS)
def test_labels_do_not_know_of_blur(raster: Raster, effect: str) -> None:
    plain = shot(raster, SPINNING, MOVING, *LABELS, "amodal", "radiance")
    blurred = shot(raster, SPINNING, replace(MOVING, **EFFECTS[effect]), *LABELS, "amodal", "radiance")
    for name in LABELS:
        field = "depth_m" if name == "depth" else name
        np.testing.assert_array_equal(getattr(plain, field), getattr(blurred, field), strict=True)
    for body, silhouette in plain.silhouettes.items():
        other = blurred.silhouettes[body]
        assert (silhouette.inside_px, silhouette.total_px, silhouette.box_xyxy) == (other.inside_px, other.total_px, other.box_xyxy)
        np.testing.assert_array_equal(silhouette.bits, other.bits)
    assert np.abs(plain.radiance - blurred.radiance).max() > 0.05


def test_a_picture_after_a_blurred_one_is_as_before(raster: Raster) -> None:
    raster.load(SPINNING)
    before = raster.render(MOVING, ("radiance", "depth"))
    raster.render(replace(MOVING, exposure_s=0.05, rolling_shutter_s=0.03, blur_samples=4), ("rgb",))
    after = raster.render(MOVING, ("radiance", "depth"))
    np.testing.assert_array_equal(before.radiance, after.radiance)
    np.testing.assert_array_equal(before.depth_m, after.depth_m)


@pytest.mark.parametrize("effect", ["both", "rolling"])
def test_the_same_twice(raster: Raster, effect: str) -> None:
    changes = EFFECTS["both"] | ({"rolling_shutter_s": 0.05, "blur_samples": 4} if effect == "rolling" else {})
    camera = replace(MOVING, width=48, height=36, cx=24, cy=18, fx=60, fy=60, **changes)
    first, second = (shot(raster, SPINNING, camera, "rgb", "radiance", *LABELS) for _ in range(2))
    for name in ("rgb", "radiance", "depth_m", "instance", "flow_forward"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


def test_an_open_shutter_before_a_scene_at_rest_changes_nothing(raster: Raster) -> None:
    rest = SPINNING.map_bodies({"box": {"motion": Motion()}})
    plain, exposed = (shot(raster, rest, replace(CAMERA, exposure_s=t, rolling_shutter_s=t)).radiance for t in (0.0, 0.05))
    np.testing.assert_array_equal(plain, exposed)


def test_what_rests_stays_as_it_is_while_something_else_moves(raster: Raster) -> None:
    """But for how finely edges are sampled: on the average over 3 x 3 pixels."""
    far = BodySpec(name="far", shape=BoxShape(size_m=(0.1, 0.1, 0.1)), world_from_body=Pose((0, -3, 0)), motion=Motion((1.0, 0.0, 0.0)))
    rest = SPINNING.map_bodies({"box": {"motion": Motion()}})
    rest = rest.replace(bodies=(*rest.bodies, far))
    plain, exposed = (shot(raster, rest, replace(CAMERA, exposure_s=t)).radiance.astype(np.float64) for t in (0.0, 0.05))
    means = [p.reshape(24, 3, 32, 3, 3).mean(axis=(1, 3)) for p in (plain, exposed)]
    np.testing.assert_allclose(means[1], means[0], atol=0.06)
    assert np.abs(plain - exposed).mean() < 0.004


POLE = BodySpec(name="pole", shape=BoxShape(size_m=(0.1, 1e-3, 0.6)), world_from_body=Pose((0.013, 1.0005, 0.0)), material=WHITE, category="pole")


@pytest.mark.parametrize("by", ["body", "camera"])
def test_rolling_shutter_leans_a_pole(raster: Raster, by: str) -> None:
    """A point at x is seen in the row read out at t where f (x - v t) / z says: in labels, exactly; in the picture as well."""
    speed, readout = 2.03, 0.03
    motion = Motion((speed, 0.0, 0.0))
    camera = replace(CAMERA, rolling_shutter_s=readout, motion=Motion() if by == "body" else motion)
    pole = replace(POLE, motion=motion if by == "body" else Motion())
    frame = shot(raster, scene(pole), camera, "instance", "depth", "radiance", "amodal")
    t = readout * ((np.arange(72) + 0.5) / 72 - 0.5)
    lean = 200 * speed * t * (1 if by == "body" else -1)
    left, right = (200 * (0.013 + side) + 48 + lean for side in (-0.05, 0.05))
    columns = np.arange(96) + 0.5
    truth = (columns >= left[:, None]) & (columns < right[:, None])
    np.testing.assert_array_equal(frame.instance == 1, truth)
    np.testing.assert_allclose(frame.depth_m[truth], 1.0, rtol=1e-6)
    bits, (x, y) = frame.silhouettes[0].bits, frame.silhouettes[0].bits_xy
    np.testing.assert_array_equal(bits, truth[y : y + bits.shape[0], x : x + bits.shape[1]])
    assert frame.silhouettes[0].inside_px == truth.sum()
    cover = np.clip(np.minimum(right[:, None], columns + 0.5) - np.maximum(left[:, None], columns - 0.5), 0, 1)
    light = frame.radiance[..., 1] / frame.radiance.max()
    np.testing.assert_allclose(light, cover, atol=0.26)
    np.testing.assert_allclose(light.sum(axis=1), cover.sum(axis=1), atol=0.26)


@pytest.mark.parametrize("distortion", [None, BrownConrady(k1=-0.3, k2=0.1)])
def test_each_row_is_that_of_a_picture_of_its_moment(raster: Raster, distortion: Distortion | None) -> None:
    spec = SPINNING.replace(environment=AROUND)
    camera = replace(MOVING, rolling_shutter_s=0.1, distortion=distortion)
    rolled = shot(raster, spec, camera, *LABELS, "radiance", "albedo", "shadow")
    for row in (2, 20, 40, 60):
        seconds = 0.1 * ((row + 0.5) / 72 - 0.5)
        moved = spec.map_bodies({b.name: {"world_from_body": b.motion.moved(b.world_from_body, seconds)} for b in spec.bodies})
        there = replace(camera, rolling_shutter_s=0.0, world_from_camera=camera.motion.moved(camera.world_from_camera, seconds))
        still = shot(raster, moved, there, *LABELS, "radiance", "albedo", "shadow")
        for name in (*LABELS, "albedo", "shadow", "radiance"):
            field = "depth_m" if name == "depth" else name
            # What moves on from there has turned twice, and rounded twice.
            np.testing.assert_allclose(getattr(rolled, field)[row], getattr(still, field)[row], rtol=0, atol=1e-6 if "flow" in name else 0)


def test_rolling_shutter_goes_on_beyond_the_picture(raster: Raster) -> None:
    """A silhouette that leaves the picture above and below leans on at the same pace."""
    speed, readout = 2.03, 0.03
    camera = replace(CAMERA, rolling_shutter_s=readout, motion=Motion((speed, 0.0, 0.0)))
    frame = shot(raster, scene(POLE), camera, "amodal")
    rows = np.arange(36 - 60, 36 + 60)
    lean = -200 * speed * readout * ((rows + 0.5) / 72 - 0.5)
    left, right = (200 * (0.013 + side) + 48 + lean for side in (-0.05, 0.05))
    first, end = np.ceil(left - 0.5), np.ceil(right - 0.5)
    assert frame.silhouettes[0].total_px == (end - first).sum()
    assert frame.silhouettes[0].box_xyxy == (first.min(), -24, end.max(), 96)


def test_rolling_shutter_and_blur(raster: Raster) -> None:
    """Each row is smeared about its own moment: where it is without the smear, on average."""
    camera = replace(CAMERA, rolling_shutter_s=0.03, motion=Motion((2.0, 0.0, 0.0)))
    sharp = shot(raster, scene(POLE), camera).radiance[..., 1].astype(np.float64)
    blurred = shot(raster, scene(POLE), replace(camera, exposure_s=0.03)).radiance[..., 1].astype(np.float64)
    u = np.arange(96) + 0.5
    middles = [(p * u).sum(axis=1) / p.sum(axis=1) for p in (sharp, blurred)]
    np.testing.assert_allclose(middles[1], middles[0], atol=0.25)
    assert np.abs(middles[1] - middles[0]).mean() < 0.1
    widths = [(p * (u - m[:, None]) ** 2).sum(axis=1) / p.sum(axis=1) for p, m in zip((sharp, blurred), middles, strict=True)]
    np.testing.assert_allclose((widths[1] - widths[0]).mean(), 12**2 / 12, rtol=0.03)


def test_memory_stays_flat(raster: Raster) -> None:
    """Of the whole process, over blurred pictures of bodies that move."""

    def resident_bytes() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    raster.load(SPINNING)
    camera = replace(MOVING, exposure_s=0.05, blur_samples=4)
    for _ in range(5):
        raster.render(camera, ("rgb", "instance"))
    before = resident_bytes()
    for _ in range(30):
        raster.render(camera, ("rgb", "instance"))
    assert resident_bytes() - before < 4e6
