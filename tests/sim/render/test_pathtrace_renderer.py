"""The path tracer as a renderer: labels that are ours, pictures that come out alike, lenses and shutters, and which variant it takes."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mitsuba")
sys.path.insert(0, str(Path(__file__).parent))
from agreement_scenes import five_scenes

import diorama
from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.render import open_renderer
from diorama.sim.render.pathtrace import FAST, SLOW, PathTracer, renderer, variant
from diorama.sim.render.pathtrace.engine import mi
from diorama.sim.render.pathtrace.renderer import _passes
from diorama.sim.render.pathtrace.shutter import shots
from diorama.sim.render.pathtrace.variant import fastest_variant
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    BrownConrady,
    CameraSpec,
    EnvironmentSpec,
    KannalaBrandt,
    MaterialSpec,
    Motion,
    Pose,
    SceneSpec,
    SphereShape,
)
from diorama.sim.transforms import look_at

needs_llvm = pytest.mark.skipif(fastest_variant() != FAST, reason="the slow variant cannot do this")
AHEAD = Pose.from_matrix(look_at((0, 0, 0), (0, 1, 0)))
#: Looks along +y from the origin: the picture's right is +x.
CAMERA = CameraSpec(width=64, height=48, fx=80, fy=80, cx=32, cy=24, world_from_camera=AHEAD)
BLACK = MaterialSpec(base_color=(0, 0, 0), ior=1.0)
WHITE = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1))


@pytest.fixture(scope="module")
def tracer(library):
    with PathTracer(library, spp=16) as opened:
        yield opened


def table(width=80, height=60):
    spec = five_scenes()["table"]
    camera = spec.cameras[0]
    scale = width / camera.width
    return spec, replace(camera, width=width, height=height, fx=camera.fx * scale, fy=camera.fy * scale, cx=width / 2, cy=height / 2)


def thing(shape, place, **fields):
    return BodySpec(name="thing", shape=shape, world_from_body=Pose(place), material=BLACK, category="thing", **fields)


def darkness(tracer, body, camera):
    """(H, W): how much of each pixel a black body covers before a white background."""
    tracer.load(SceneSpec(bodies=(body,), environment=WHITE))
    return 1 - tracer.render(camera, ("radiance",)).radiance.mean(axis=-1)


# --- a renderer like the others ---


def test_it_has_a_name(library) -> None:
    with open_renderer("pathtrace", library, spp=4, max_depth=2) as opened:
        assert isinstance(opened, PathTracer)
        assert opened.variant == fastest_variant()


def test_labels_are_the_rasterizers(tracer, raster) -> None:
    spec, camera = table()
    tracer.load(spec)
    raster.load(spec)
    channels = ("rgb", "radiance", "depth", "instance", "normal", "amodal")
    ours, theirs = raster.render(camera, channels), tracer.render(camera, channels)
    for name in ("instance", "depth_m", "normal"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name))
    assert ours.silhouettes.keys() == theirs.silhouettes.keys()
    assert tracer.render(camera, ("depth",)).rgb is None


def test_the_same_scene_gives_the_same_bytes_whatever_came_before(library, tracer) -> None:
    spec, camera = table()
    tracer.load(spec)
    first = tracer.render(camera, ("rgb", "radiance"))
    tracer.load(five_scenes()["bin"])
    tracer.render(camera, ("rgb",))
    tracer.load(spec)
    again = tracer.render(camera, ("rgb", "radiance"))
    with PathTracer(library, spp=16) as other:
        other.load(spec)
        elsewhere = other.render(camera, ("rgb", "radiance"))
    for frame in (again, elsewhere):
        assert np.array_equal(first.radiance, frame.radiance)
        assert np.array_equal(first.rgb, frame.rgb)


def test_every_view_has_noise_of_its_own(tracer) -> None:
    spec, camera = table()
    tracer.load(spec)
    a, b = (tracer.render(replace(camera, name=name), ("radiance",)).radiance for name in ("a", "b"))
    assert not np.array_equal(a, b)
    assert a.mean() == pytest.approx(b.mean(), rel=0.01)


def test_the_picture_is_the_sensors(tracer, raster) -> None:
    """Exposed like the rasterizer's: a stop more is twice the light."""
    spec, camera = table()
    tracer.load(spec)
    dark = replace(camera, sensor=replace(camera.sensor, exposure_ev=-2.0, tone_curve="linear"))
    radiance, rgb = (getattr(tracer.render(dark, ("rgb", "radiance")), name) for name in ("radiance", "rgb"))
    signal = np.clip(radiance / 4, 0, 1)
    expected = np.where(signal <= 0.0031308, 12.92 * signal, 1.055 * signal ** (1 / 2.4) - 0.055) * 255
    assert np.abs(rgb - expected).max() < 1.5


def test_a_programs_own_variant_is_left_to_it(library) -> None:
    before = mi.variant()
    mi.set_variant(SLOW)
    spec, camera = table(16, 12)
    with PathTracer(library, spp=1) as opened:
        opened.load(spec)
        opened.render(camera, ("rgb",))
        assert mi.variant() == SLOW
    if before is not None:
        mi.set_variant(before)


def test_rendering_before_loading_is_told(library) -> None:
    with PathTracer(library) as opened, pytest.raises(RuntimeError, match="load one first"):
        opened.render(CAMERA, ("rgb",))


@pytest.mark.parametrize("settings", [{"spp": 0}, {"spp": 65537}, {"max_depth": 0}])
def test_impossible_settings(settings, library) -> None:
    with pytest.raises(InvalidValue, match=r"must be in 1\.\."):
        PathTracer(library, **settings)


@pytest.mark.parametrize("spp", [1, 16, 37, 1024])
@pytest.mark.parametrize("camera", [CAMERA, replace(CAMERA, width=400_000, height=30), replace(CAMERA, exposure_s=0.1)])
def test_all_samples_are_taken(spp, camera) -> None:
    passes = _passes(spp, camera)
    assert sum(passes) == spp
    assert all(count in (1, 4, 16, 64, 256, 1024, 4096) for count in passes)
    for bodies_move in (False, True):
        rolling = replace(camera, rolling_shutter_s=0.02)
        taken = np.zeros(camera.height, int)
        for shot in shots(rolling, passes, bodies_move):
            taken[shot.first : shot.last] += shot.count
        assert np.all(taken == spp)


# --- the denoiser ---


def test_denoising(library) -> None:
    pytest.importorskip("pyoidn")
    spec, camera = table(48, 36)

    def picture(**settings):
        with PathTracer(library, **settings) as opened:
            opened.load(spec)
            return opened.render(camera, ("radiance",)).radiance

    truth = picture(spp=256)
    noisy, clean = picture(spp=4), picture(spp=4, denoise=True)
    error = [np.median(np.abs(p - truth)) for p in (noisy, clean)]
    assert error[1] < 0.5 * error[0]
    assert clean.mean() == pytest.approx(truth.mean(), rel=0.03)


def test_a_missing_denoiser_is_told(library, monkeypatch) -> None:
    monkeypatch.setattr("diorama.sim.render.pathtrace.denoise.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"diorama\[denoise\]"), PathTracer(library, denoise=True):
        pass


# --- lenses and shutters ---


@needs_llvm
@pytest.mark.parametrize(
    "camera",
    [
        replace(CAMERA, fy=40.0, cx=20.0, cy=30.0),
        replace(CAMERA, distortion=BrownConrady(k1=-0.3, k2=0.1, p1=0.02, p2=-0.01)),
        replace(CAMERA, fx=25, fy=25, distortion=KannalaBrandt(k1=0.05)),
    ],
    ids=["pixels that are not square", "brown-conrady", "kannala-brandt"],
)
def test_pictures_and_labels_pass_the_same_lens(camera, tracer) -> None:
    tracer.load(SceneSpec(bodies=(thing(BoxShape(size_m=(0.7, 0.1, 0.5)), (0.1, 1, 0.05)),), environment=WHITE))
    frame = tracer.render(camera, ("radiance", "instance"))
    assert 50 < np.count_nonzero(frame.instance) < 2500
    assert np.mean((frame.radiance.mean(axis=-1) < 0.5) == (frame.instance == 1)) > 0.99


def test_what_is_out_of_focus_is_blurred_as_the_lens_has_it(tracer) -> None:
    """An edge at distance z is spread over a disc of radius aperture (1 / z - 1 / focus) f pixels; in focus it is sharp."""
    edge = thing(BoxShape(size_m=(2, 0.001, 4)), (1, 1, 0))
    camera = replace(CAMERA, aperture_m=0.05, focus_m=1.0)

    def width_px(focus_m):
        profile = darkness(tracer, edge, replace(camera, focus_m=focus_m)).mean(axis=0)
        return float(np.interp([0.1, 0.9], profile, np.arange(64)) @ (-1, 1))

    # A disc's edge rises from a tenth to nine tenths over 0.687 of its diameter.
    assert width_px(2.0) == pytest.approx(0.687 * 2 * 0.05 * (1 - 1 / 2) * 80, rel=0.15)
    assert width_px(1.0) < 1.0


def test_what_moves_is_smeared(tracer) -> None:
    """Along its way, evenly: a bar as wide as its way is a triangle, and what stands still is as it was."""
    bar = thing(BoxShape(size_m=(0.2, 0.01, 4)), (0, 1, 0))
    camera = replace(CAMERA, exposure_s=0.1)
    moving = darkness(tracer, replace(bar, motion=Motion(linear_m_s=(2.0, 0, 0))), camera).mean(axis=0)
    x = (np.arange(64) + 0.5 - 32) / 80 * 0.995
    np.testing.assert_allclose(moving, np.clip(1 - np.abs(x) / 0.2, 0, 1), atol=0.08)
    still = darkness(tracer, bar, camera).mean(axis=0)
    assert np.all((still < 0.02) | (np.abs(np.abs(x) - 0.1) < 0.02) | (still > 0.98))


def test_a_moving_camera_smears_all(tracer) -> None:
    bar = thing(BoxShape(size_m=(0.2, 0.01, 4)), (0, 1, 0))
    moving = darkness(tracer, bar, replace(CAMERA, exposure_s=0.1, motion=Motion(linear_m_s=(2.0, 0, 0)))).mean(axis=0)
    x = (np.arange(64) + 0.5 - 32) / 80 * 0.995
    np.testing.assert_allclose(moving, np.clip(1 - np.abs(x) / 0.2, 0, 1), atol=0.08)


@needs_llvm
@pytest.mark.parametrize("who", ["camera", "body"])
def test_a_rolling_shutter_leans_what_moves_sideways(who, tracer) -> None:
    """A bar that goes 0.2 m to the right while the rows are read, or a camera that goes to the left."""
    motion = Motion(linear_m_s=(2.0 if who == "body" else -2.0, 0, 0))
    bar = thing(BoxShape(size_m=(0.2, 0.01, 4)), (0, 1, 0), motion=motion if who == "body" else Motion())
    camera = replace(CAMERA, rolling_shutter_s=0.1, motion=motion if who == "camera" else Motion())
    seen = darkness(tracer, bar, camera)
    middles = (seen * (np.arange(64) + 0.5)).sum(axis=1) / seen.sum(axis=1)
    expected = 32 + 80 / 0.995 * 0.2 * ((np.arange(48) + 0.5) / 48 - 0.5)
    np.testing.assert_allclose(middles, expected, atol=0.8)


# --- variants ---


@pytest.fixture
def undecided(monkeypatch, tmp_path):
    """No variant chosen yet, in this process or on disk."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fastest_variant.cache_clear()
    yield tmp_path
    fastest_variant.cache_clear()


def test_a_trial_that_dies_leaves_the_slow_variant_and_is_not_repeated(undecided, monkeypatch) -> None:
    calls = []

    def dies(*arguments, **options):
        calls.append(arguments)
        return subprocess.CompletedProcess(arguments, -6, "", "LLVM ERROR: Cannot select")

    monkeypatch.setattr(variant.subprocess, "run", dies)
    assert fastest_variant() == SLOW
    fastest_variant.cache_clear()
    assert fastest_variant() == SLOW
    assert len(calls) == 1


def test_another_llvm_is_another_question(undecided, monkeypatch) -> None:
    answers = iter(["16\n", "19\n"])
    monkeypatch.setattr(variant.subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, 0, next(answers), ""))
    assert fastest_variant() == SLOW
    fastest_variant.cache_clear()
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/another/libLLVM.so")
    assert fastest_variant() == FAST


def test_a_busy_machine_is_asked_again(undecided, monkeypatch) -> None:
    def never_ends(*arguments, **options):
        raise subprocess.TimeoutExpired(arguments, 1)

    monkeypatch.setattr(variant.subprocess, "run", never_ends)
    assert fastest_variant() == SLOW
    assert not list(undecided.rglob("*.npz"))


def test_the_slow_variant_shows_the_same(library, monkeypatch) -> None:
    monkeypatch.setattr(renderer, "fastest_variant", lambda: SLOW)
    spec, camera = table(40, 30)
    camera = replace(camera, aperture_m=0.002, focus_m=1.0)
    with PathTracer(library, spp=64) as slow:
        assert slow.variant == SLOW
        slow.load(spec)
        theirs = slow.render(camera, ("radiance",)).radiance
        with pytest.raises(InvalidValue, match="lenses that distort needs LLVM 17 or later"):
            slow.render(replace(camera, distortion=BrownConrady(k1=0.1)), ("radiance",))
        glowing = replace(BLACK, emissive=(1, 1, 1))
        slow.load(SceneSpec(bodies=(replace(thing(SphereShape(radius_m=1), (0, 3, 0)), material=glowing),)))
        with pytest.raises(InvalidValue, match="surfaces that glow needs LLVM 17 or later"):
            slow.render(CAMERA, ("radiance",))
    monkeypatch.undo()
    with PathTracer(library, spp=64) as fast:
        fast.load(spec)
        ours = fast.render(camera, ("radiance",)).radiance
    np.testing.assert_allclose(theirs.mean(axis=(0, 1)), ours.mean(axis=(0, 1)), rtol=0.01)
    assert np.median(np.abs(theirs - ours)) < 0.03


# --- in a plan ---


def test_a_traced_plan_has_the_labels_of_the_rasterized_one() -> None:
    """One seed, two renderers: other pictures of the same scenes, seen by the same cameras."""
    settings = {"resolution": (64, 48), "views": 1}
    rasterized = diorama.generate(diorama.default_plan("tabletop", **settings), 0, 3)
    traced = diorama.generate(diorama.default_plan("tabletop", renderer=diorama.PathTracing(spp=1, max_depth=3), **settings), 0, 3)
    assert traced.spec == rasterized.spec
    assert traced.annotations[0].visible_rle == rasterized.annotations[0].visible_rle
    assert np.array_equal(traced.frames[0].depth_m, rasterized.frames[0].depth_m)
    assert not np.array_equal(traced.frames[0].rgb, rasterized.frames[0].rgb)
    assert traced.provenance.versions.keys() - rasterized.provenance.versions.keys() == {"mitsuba", "drjit"}
