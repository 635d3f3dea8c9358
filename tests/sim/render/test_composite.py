"""Bodies in photographs: the photograph's pixels where nothing is added, closed forms where something is, and labels that do not know of it."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from diorama.sim.annotate import annotate
from diorama.sim.assets.color import signals
from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.frame import CHANNELS
from diorama.sim.render import open_renderer
from diorama.sim.render.backdrop import codes, linear
from diorama.sim.render.composite import Compositor
from diorama.sim.render.gl import NoOpenGL
from diorama.sim.render.raster.sensor import response
from diorama.sim.spec import (
    Backdrop,
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    MaterialSpec,
    Motion,
    Pose,
    PrismShape,
    SceneSpec,
    SensorSpec,
    SphereShape,
    SunLight,
)
from diorama.sim.transforms import look_at

PLANE = BodySpec(
    name="plane",
    shape=PrismShape(outline_m=((-2, -2), (2, -2), (2, 2), (-2, 2)), height_m=0.1),
    world_from_body=Pose((0, 0, -0.05)),
    material=MaterialSpec(base_color=(0.5, 0.4, 0.3), roughness=1.0, ior=1.0),
    catcher=True,
)
BALL = BodySpec(name="ball", shape=SphereShape(radius_m=0.2), world_from_body=Pose((0, 0, 0.2)), category="ball")
#: Another sun for each channel, so that none can stand for another.
SUN = SunLight(direction=(0.5, 0.3, -1.0), irradiance=(3.0, 2.0, 1.0))
SCENE = SceneSpec(bodies=(PLANE, BALL), lights=(SUN,), environment=EnvironmentSpec(occlusion_radius_m=0.0))
CAMERA = CameraSpec(
    width=96,
    height=72,
    fx=150,
    fy=150,
    cx=48,
    cy=36,
    world_from_camera=Pose.from_matrix(look_at((0, -2.2, 1.4), (0, 0, 0.15))),
    sensor=SensorSpec(tone_curve="linear"),
)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (72, 96, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def taken(noise, tmp_path_factory):
    """The camera, with a photograph of its own size."""
    path = tmp_path_factory.mktemp("photos") / "noise.png"
    cv2.imwrite(str(path), noise[..., ::-1])
    return replace(CAMERA, backdrop=Backdrop(path=str(path)))


@pytest.fixture(scope="module")
def grey(tmp_path_factory):
    """The camera, with an even photograph of this signal."""
    path = tmp_path_factory.mktemp("photos") / "grey.png"
    cv2.imwrite(str(path), np.full((72, 96, 3), 150, np.uint8))
    return replace(CAMERA, backdrop=Backdrop(path=str(path)))


GREY = float(signals("linear")[150])


@pytest.fixture(scope="module", params=["raster", "gl"])
def either(request, library):
    """Both renderers that make composites."""
    try:
        with Compositor(open_renderer(request.param, library), library) as opened:
            yield opened
    except (NoOpenGL, MissingExtra) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def compositor(library):
    with Compositor(open_renderer("raster", library), library) as opened:
        yield opened


def made(compositor, spec, camera, channels=("rgb", "radiance", "instance")):
    compositor.load(spec)
    return compositor.render(camera, channels)


def inner(mask, by=3):
    """What of a mask is at least so far from its edge."""
    return cv2.erode(mask.astype(np.uint8), np.ones((by, by), np.uint8)) == 1


# --- where nothing is added ---


@pytest.mark.parametrize("curve", ["linear", "filmic"])
def test_a_photograph_without_bodies_is_itself(either, taken, noise, curve):
    """Whatever the sensor is said to do."""
    empty = SCENE.replace(bodies=(PLANE,))
    sensor = SensorSpec(
        tone_curve=curve,
        exposure_ev=1.3,
        white_balance=(1.2, 1, 0.8),
        read_noise=0.02,
        blur_px=0.8,
        vignetting=0.5,
        bloom=0.1,
        chromatic_aberration_px=2,
    )
    np.testing.assert_array_equal(made(either, empty, replace(taken, sensor=sensor)).rgb, noise)


def test_a_larger_one_is_itself_made_smaller(compositor, tmp_path):
    photo = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (301, 407, 3), dtype=np.uint8), (0, 0), 2)
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    backdrop = Backdrop(path=str(tmp_path / "photo.png"), zoom=1.3, offset=(0.5, -0.2))
    got = made(compositor, SCENE.replace(bodies=(PLANE,)), replace(CAMERA, backdrop=backdrop)).rgb
    np.testing.assert_array_equal(got, codes(linear(backdrop, photo[..., ::-1], 96, 72)))
    assert got.std() > 5


def test_pixels_that_see_nothing_new_are_not_touched(either, taken, noise):
    """All but the ball and its shadow, with the rim of both."""
    frame = made(either, SCENE, replace(taken, sensor=SensorSpec(read_noise=0.05)), ("rgb", "instance", "shadow"))
    new = (frame.instance == 2) | (frame.shadow > 0)
    near = cv2.dilate(new.astype(np.uint8), np.ones((5, 5), np.uint8)) == 1
    assert 0.05 < new.mean() < near.mean() < 0.5
    np.testing.assert_array_equal(frame.rgb[~near], noise[~near])
    assert (frame.rgb[inner(frame.instance == 2)] != noise[inner(frame.instance == 2)]).any(axis=1).mean() > 0.9


@pytest.mark.parametrize("curve", ["linear", "filmic"])
def test_every_code_comes_back_from_its_signal(curve):
    """What a photograph says of light is what the sensor makes its codes of."""
    table = response(curve)
    entry = np.sqrt(signals(curve).astype(np.float64) / 16) * (len(table) - 1)
    np.testing.assert_array_equal(table[np.rint(entry).astype(int)], np.arange(256))


def test_a_stand_in_hides_what_is_behind_it(compositor, taken, noise):
    """A box of the photograph in front of the ball: its pixels are the photograph's, its label is its own."""
    box = BodySpec(name="box", shape=BoxShape(size_m=(0.3, 0.1, 1.0)), world_from_body=Pose((0, -0.6, 0.0)), catcher=True)
    frame = made(compositor, SceneSpec(bodies=(PLANE, BALL, box), environment=SCENE.environment), taken)
    hidden = inner(frame.instance == 3)
    assert hidden.sum() > 100 and (frame.instance == 2).sum() > 100
    np.testing.assert_array_equal(frame.rgb[hidden], noise[hidden])
    assert (frame.rgb[inner(frame.instance == 2)] != noise[inner(frame.instance == 2)]).any(axis=1).mean() > 0.9


# --- shadows ---


@pytest.mark.parametrize("curve", ["linear", "filmic"])
def test_in_the_umbra_light_from_all_around_is_left(either, taken, noise, curve):
    """A plate over the plane: of E_ambient + E_sun, E_ambient. The plate's own reflection of light does not count."""
    plate = replace(BALL, name="plate", shape=BoxShape(size_m=(1.0, 1.0, 0.01)), world_from_body=Pose((0, 0, 0.5)))
    even = replace(SCENE.environment, ground=SCENE.environment.sky)
    spec = SCENE.replace(bodies=(PLANE, plate), environment=even)
    frame = made(either, spec, replace(taken, sensor=SensorSpec(tone_curve=curve)), ("radiance", "instance", "shadow"))
    cosine = 1 / math.sqrt(0.5**2 + 0.3**2 + 1)
    ambient, sun = math.pi * np.array(even.sky), cosine * np.array(SUN.irradiance)
    dark = inner((frame.shadow > 0.999) & (frame.instance == 1))
    assert dark.sum() > 50
    light = signals(curve)[noise]
    usable = light[dark] > 0.01
    ratio = (frame.radiance[dark] / np.maximum(light[dark], 1e-9))[usable]
    wanted = np.broadcast_to(ambient / (ambient + sun), usable.shape)[usable]
    np.testing.assert_allclose(ratio, wanted, rtol=1e-4)


def test_without_light_there_are_no_shadows(compositor, taken, noise):
    dark = SCENE.replace(lights=(), environment=EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0)))
    frame = made(compositor, dark, taken)
    rest = inner(frame.instance != 2)
    np.testing.assert_array_equal(frame.rgb[rest], noise[rest])
    assert (frame.rgb[inner(frame.instance == 2)] == 0).all()


def test_shadows_are_of_the_photographs_brightness(compositor, taken, noise):
    """Twice as bright a photograph, in signal, has twice as bright shadows: whatever the lights' power, for which only the ratio counts."""
    one, other = (made(compositor, SCENE.replace(lights=(replace(SUN, irradiance=i),)), taken) for i in ((1e-3, 1e-3, 1e-3), (1e3, 1e3, 1e3)))
    on_plane = inner(one.instance == 1)
    assert (one.rgb[on_plane] != other.rgb[on_plane]).any()
    scaled = SCENE.replace(
        lights=(replace(SUN, irradiance=(3e3, 2e3, 1e3)),), environment=replace(SCENE.environment, sky=(600, 650, 700), ground=(250, 230, 200))
    )
    usual, strong = (made(compositor, spec, taken).rgb[on_plane].astype(int) for spec in (SCENE, scaled))
    assert np.abs(usual - strong).max() <= 1


# --- bodies ---


def test_bodies_look_as_they_do_in_full_pictures(either, taken, library):
    frame = made(either, SCENE, taken)
    full = made(either, SCENE.replace(bodies=(replace(PLANE, catcher=False), BALL)), replace(taken, backdrop=None))
    inside = inner(frame.instance == 2)
    assert inside.sum() > 300
    np.testing.assert_allclose(frame.radiance[inside], full.radiance[inside], rtol=1e-5)
    np.testing.assert_array_equal(frame.rgb[inside], full.rgb[inside])


@pytest.mark.parametrize(
    "material",
    [
        MaterialSpec(base_color=(0.9, 0.2, 0.1)),
        MaterialSpec(base_color=(0.9, 0.2, 0.1), opacity=0.4, alpha="blend"),
        MaterialSpec(base_color=(0.5, 0.9, 0.7), transmission=0.8, roughness=0.1),
    ],
    ids=["opaque", "film", "glass"],
)
def test_edges_and_what_is_seen_through_are_those_of_a_full_picture(compositor, grey, material):
    """With an even photograph and light from all around alone, that is the picture over a plane, and before a background, that glow as it does."""
    around = EnvironmentSpec(sky=(0.6,) * 3, ground=(0.6,) * 3, occlusion_radius_m=0.0)
    ball = replace(BALL, material=material)
    frame = made(compositor, SceneSpec(bodies=(PLANE, ball), environment=around), grey)
    glow = MaterialSpec(base_color=(0, 0, 0), roughness=1.0, ior=1.0, emissive=(GREY,) * 3)
    before = replace(around, background_top=(GREY,) * 3, background_bottom=(GREY,) * 3)
    full = made(compositor, SceneSpec(bodies=(replace(PLANE, catcher=False, material=glow), ball), environment=before), replace(grey, backdrop=None))
    np.testing.assert_allclose(frame.radiance, full.radiance, atol=1e-4)
    assert np.abs(frame.radiance - GREY).max() > 0.1


def test_motion_and_focus_blur_bodies_into_the_photograph(compositor, grey):
    """The mean of pictures is a picture: a ball that moves hides the photograph for a part of the time."""
    around = EnvironmentSpec(sky=(0.6,) * 3, ground=(0.6,) * 3, occlusion_radius_m=0.0)
    ball = replace(BALL, motion=Motion(linear_m_s=(4.0, 0.0, 0.0)))
    camera = replace(grey, exposure_s=0.05, aperture_m=0.01, focus_m=2.0)
    frame = made(compositor, SceneSpec(bodies=(PLANE, ball), environment=around), camera)
    glow = MaterialSpec(base_color=(0, 0, 0), roughness=1.0, ior=1.0, emissive=(GREY,) * 3)
    before = replace(around, background_top=(GREY,) * 3, background_bottom=(GREY,) * 3)
    full = made(
        compositor, SceneSpec(bodies=(replace(PLANE, catcher=False, material=glow), ball), environment=before), replace(camera, backdrop=None)
    )
    np.testing.assert_allclose(frame.radiance, full.radiance, atol=5e-5)


# --- labels ---


def test_labels_are_those_of_the_same_scene_in_full(compositor, taken, library):
    spec = SCENE.replace(bodies=(PLANE, BALL, replace(BALL, name="second", world_from_body=Pose((0.5, 0.4, 0.2)), category="globe")))
    full = spec.replace(bodies=(replace(PLANE, catcher=False), *spec.bodies[1:]))
    wanted = [name for name in CHANNELS if name not in ("rgb", "radiance")]
    frame, plain = made(compositor, spec, taken, CHANNELS), made(compositor, full, replace(taken, backdrop=None), wanted)
    for name in wanted:
        if name not in ("amodal", "depth"):
            np.testing.assert_array_equal(getattr(frame, name), getattr(plain, name), err_msg=name)
    np.testing.assert_array_equal(frame.depth_m, plain.depth_m)
    one, other = annotate(spec, frame, library), annotate(full, plain, library)
    for field in one.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)
    assert len(one) == 2
    labels = made(compositor, spec, taken, wanted)
    np.testing.assert_array_equal(labels.instance, frame.instance)
    assert labels.rgb is None and labels.radiance is None and labels.camera == taken


def test_only_what_was_asked_for_comes_out(compositor, taken):
    frame = made(compositor, SCENE, taken, ("rgb",))
    assert frame.instance is None and frame.radiance is None and frame.rgb is not None


# --- the sensor ---


def test_grain_is_put_on_bodies_alone(compositor, taken):
    clean = made(compositor, SCENE, taken)
    noisy = made(compositor, SCENE, replace(taken, sensor=replace(taken.sensor, read_noise=0.05)))
    ball = clean.instance == 2
    np.testing.assert_array_equal(clean.rgb[~ball], noisy.rgb[~ball])
    difference = noisy.rgb[inner(ball)].astype(float) - clean.rgb[inner(ball)]
    assert 3 < difference.std() < 40 and abs(difference.mean()) < 3


def test_blur_softens_bodies_and_their_shadows_and_moves_no_light(compositor, grey):
    sharp, soft = (made(compositor, SCENE, replace(grey, sensor=replace(grey.sensor, blur_px=b))).radiance.astype(float) for b in (0.0, 1.2))
    np.testing.assert_allclose(soft.mean(), sharp.mean(), rtol=1e-3)
    reach = cv2.dilate((np.abs(sharp - GREY).max(axis=2) > 1e-4).astype(np.uint8), np.ones((11, 11), np.uint8)) == 1
    np.testing.assert_allclose(soft[~reach], GREY, rtol=1e-5)
    np.testing.assert_allclose(soft, cv2.GaussianBlur(sharp, (0, 0), 1.2, borderType=cv2.BORDER_REFLECT), atol=0.02)
    assert np.abs(soft - sharp).max() > 0.1


def test_exposure_is_of_bodies_and_never_of_the_photograph(compositor, taken):
    usual, bright = (made(compositor, SCENE, replace(taken, sensor=replace(taken.sensor, exposure_ev=ev))) for ev in (0.0, 1.0))
    ball = usual.instance == 2
    np.testing.assert_array_equal(usual.rgb[inner(~ball)], bright.rgb[inner(~ball)])
    assert bright.rgb[ball].mean() > usual.rgb[ball].mean() + 10


def test_vignetting_is_of_bodies_alone_and_jpeg_of_all(compositor, taken, noise):
    usual, dim = (made(compositor, SCENE, replace(taken, sensor=replace(taken.sensor, vignetting=v))) for v in (0.0, 1.0))
    ball = usual.instance == 2
    np.testing.assert_array_equal(usual.rgb[inner(~ball)], dim.rgb[inner(~ball)])
    assert (dim.radiance[inner(ball)] < usual.radiance[inner(ball)]).all()
    marked = made(compositor, SCENE, replace(taken, sensor=replace(taken.sensor, jpeg_quality=30))).rgb
    assert (marked != usual.rgb).mean() > 0.5


# --- and ---


def test_twice_the_same_bytes_whatever_was_made_before(compositor, taken):
    first = made(compositor, SCENE, taken, CHANNELS)
    compositor.render(taken, ("depth",))
    made(compositor, SCENE.replace(bodies=(BALL,)), taken)
    again = made(compositor, SCENE, taken, CHANNELS)
    for name in ("rgb", "radiance", "instance", "shadow"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    np.testing.assert_array_equal(compositor.render(taken, ("rgb",)).rgb, first.rgb)


def test_scenes_without_catchers_are_the_renderers_own(compositor, taken, library):
    plain = SCENE.replace(bodies=(replace(PLANE, catcher=False), BALL))
    with open_renderer("raster", library) as raster:
        raster.load(plain)
        np.testing.assert_array_equal(made(compositor, plain, taken).rgb, raster.render(taken, ("rgb",)).rgb)


def test_what_cannot_be_is_refused(compositor, taken, library):
    compositor.load(SCENE)
    with pytest.raises(InvalidValue, match=r"^camera: a scene with a catcher is put into a photograph.*Give it a backdrop"):
        compositor.render(replace(taken, backdrop=None), ("rgb",))
    for field in ({"mass_kg": 1.0}, {"category": "table"}, {"motion": Motion(linear_m_s=(1, 0, 0))}):
        with pytest.raises(InvalidValue, match="plane: a catcher stands for what was photographed"):
            replace(PLANE, **field)


def test_a_renderer_whose_pictures_are_never_alike_is_refused(library):
    try:
        traced = Compositor(open_renderer("pathtrace", library), library)
    except MissingExtra as error:
        pytest.skip(str(error))
    with pytest.raises(InvalidValue, match=r'cannot put bodies into photographs.*"raster" or "gl"'):
        traced.load(SCENE)
