"""See-through surfaces: what lies behind shows through them in pictures, against closed forms and the path tracer."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diorama.sim.frame import Frame
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.layers import MOST_LAYERS
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    KannalaBrandt,
    MaterialSpec,
    MeshShape,
    Pose,
    Rgb,
    SceneSpec,
    SphereShape,
    SunLight,
)
from diorama.sim.transforms import look_at, quat_from_axis_angle

DARK = EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0), background_top=(0.2, 0.3, 0.5), background_bottom=(0.2, 0.3, 0.5))
WHITE = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1), background_top=(1, 1, 1), background_bottom=(1, 1, 1))
#: Stands at the origin and looks along +y: the picture's right is +x.
AHEAD = CameraSpec.from_fov(width=64, height=48, fov_y_rad=0.7, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (0, 1, 0))))
MIDDLE = (24, 32)


def glow(*color: float) -> MaterialSpec:
    """What only sends out light."""
    red, green, blue = color
    return MaterialSpec(base_color=(0, 0, 0), emissive=(red, green, blue), ior=1.0, roughness=1.0)


def film(opacity: float, *color: float) -> MaterialSpec:
    """A glowing film that hides a part of what is behind."""
    return replace(glow(*color), alpha="blend", opacity=opacity)


def wall(name: str, y: float, material: MaterialSpec, size: float = 4.0, x: float = 0.0) -> BodySpec:
    """A square across the view; x is where its middle is."""
    shape = MeshShape(asset="test:wall")
    turn = quat_from_axis_angle((0, 0, 1), 0.0)
    return BodySpec(name=name, shape=shape, world_from_body=Pose((x, y, 0), turn), material=material, category="wall")


@pytest.fixture(autouse=True, scope="module")
def meshes(library: Any) -> None:
    """A wall one sheet thick, of four metres; a small one."""
    for name, half in (("wall", 2.0), ("pane", 0.2)):
        corners = [(-half, 0, -half), (half, 0, -half), (half, 0, half), (-half, 0, half)]
        library.add(name, corners, [(0, 1, 2), (0, 2, 3)])


def pane(name: str, y: float, material: MaterialSpec, x: float = 0.0) -> BodySpec:
    """A small wall, whose edges are in the picture."""
    return replace(wall(name, y, material, x=x), shape=MeshShape(asset="test:pane"))


def seen(raster: Raster, *bodies: BodySpec, environment: EnvironmentSpec = DARK, camera: CameraSpec = AHEAD, lights: tuple[Any, ...] = ()) -> NDArray:
    """(H, W, 3) radiance."""
    raster.load(SceneSpec(bodies=bodies, environment=environment, lights=lights))
    return raster.render(camera, ("radiance",)).radiance


def clutter() -> tuple[BodySpec, ...]:
    """Something to look at."""
    red = MaterialSpec(base_color=(0.8, 0.2, 0.1))
    ball = BodySpec(name="globe", shape=SphereShape(radius_m=0.3), world_from_body=Pose((-0.3, 2, 0)), material=red)
    box = BodySpec(name="box", shape=BoxShape(size_m=(0.3, 0.3, 0.5)), world_from_body=Pose((0.3, 1.8, 0)), material=MaterialSpec(metallic=1.0))
    floor = BodySpec(name="floor", shape=BoxShape(size_m=(5, 5, 0.1)), world_from_body=Pose((0, 2, -0.4)), material=MaterialSpec())
    return ball, box, floor


SUN = SunLight(direction=(0.4, 0.6, -1), irradiance=(3, 2.9, 2.7))


# --- blend ------------------------------------------------------------------------------------------------


def test_films_are_seen_one_through_another(raster: Raster) -> None:
    """Whatever the order of the bodies."""
    bodies = [
        wall("front", 1.0, film(0.3, 1.0, 2.0, 0.5)),
        wall("middle", 1.5, film(0.6, 0.2, 0.1, 3.0)),
        wall("back", 2.0, glow(0.7, 0.9, 0.4)),
    ]
    expected = 0.3 * np.array([1.0, 2.0, 0.5]) + 0.7 * (0.6 * np.array([0.2, 0.1, 3.0]) + 0.4 * np.array([0.7, 0.9, 0.4]))
    pictures = [seen(raster, *order) for order in itertools.permutations(bodies)]
    for got in pictures:
        np.testing.assert_allclose(got, np.broadcast_to(expected, got.shape), rtol=1e-6)
        np.testing.assert_array_equal(got, pictures[0])


def test_the_background_is_seen_through_films(raster: Raster) -> None:
    got = seen(raster, wall("film", 1.0, film(0.25, 4.0, 0.0, 0.0)))
    np.testing.assert_allclose(got, np.broadcast_to([1.0 + 0.75 * 0.2, 0.75 * 0.3, 0.75 * 0.5], got.shape), rtol=1e-6)


def test_the_nearest_layers_count(raster: Raster) -> None:
    films = [wall(f"film{i}", 1.0 + 0.1 * i, film(0.5, 1.0, 1.0, 1.0)) for i in range(MOST_LAYERS + 3)]
    got = seen(raster, *films, wall("back", 3.0, glow(100, 100, 100)))
    left = 0.5**MOST_LAYERS
    np.testing.assert_allclose(got, np.full_like(got, 1 - left + left * 100), rtol=1e-5)


def test_what_is_wholly_clear_shows_in_labels_only(raster: Raster) -> None:
    clear = MaterialSpec(base_color=(1, 0, 0), alpha="blend", opacity=0.0)
    ghost = BodySpec(name="ghost", shape=SphereShape(radius_m=0.3), world_from_body=Pose((0, 1.2, 0)), material=clear, category="ghost")
    environment = EnvironmentSpec()
    without = seen(raster, *clutter(), environment=environment, lights=(SUN,))
    raster.load(SceneSpec(bodies=(*clutter(), ghost), environment=environment, lights=(SUN,)))
    frame = raster.render(AHEAD, ("radiance", "instance", "depth"))
    np.testing.assert_array_equal(frame.radiance, without)
    assert frame.instance[MIDDLE] == 4
    assert frame.depth_m[MIDDLE] == pytest.approx(0.9, abs=1e-3)


def test_what_is_not_clear_at_all_is_opaque(raster: Raster) -> None:
    opaque = MaterialSpec(base_color=(0.2, 0.6, 0.3))
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.3), world_from_body=Pose((0, 1.2, 0)), material=opaque)
    pictures = [
        seen(raster, *clutter(), replace(ball, material=material), environment=EnvironmentSpec(), lights=(SUN,))
        for material in (opaque, replace(opaque, alpha="blend"), replace(opaque, alpha="mask"))
    ]
    np.testing.assert_array_equal(pictures[1], pictures[0])
    np.testing.assert_array_equal(pictures[2], pictures[0])


def test_samples_see_through_what_is_before_them(raster: Raster) -> None:
    """Where an edge of what is opaque, before or behind, crosses a film's, no sample has another's light."""
    behind = (wall("back", 2.0, glow(1, 1, 1)), pane("post", 1.8, glow(9, 0, 0), x=0.213))
    front = pane("front", 0.8, glow(0, 9, 0), x=-0.217)
    got = seen(raster, *behind, front, pane("film", 1.0, film(0.5, 0.0, 0.0, 4.0), x=0.011))
    dark = [replace(b, material=glow(0, 0, 0)) for b in behind]
    shares = (
        seen(raster, *dark, replace(front, material=glow(1, 0, 0)))[..., 0],
        seen(raster, *dark, replace(front, material=glow(0, 0, 0)), pane("film", 1.0, glow(1, 0, 0), x=0.011))[..., 0],
    )
    # A pixel of four samples: how many see the front, how many the film past it, and how many of each kind see the post.
    under = np.array([(1.0, 1.0, 1.0), (9.0, 0.0, 0.0)])
    for row, column in np.ndindex(got.shape[:2]):
        fronts, films = (round(4 * share[row, column]) for share in shares)
        bare = 4 - fronts - films
        possible = [
            (fronts * np.array([0, 9.0, 0]) + sum(0.5 * under[i] + (0, 0, 2.0) for i in a) + sum(under[i] for i in b)) / 4
            for a in itertools.combinations_with_replacement((0, 1), films)
            for b in itertools.combinations_with_replacement((0, 1), bare)
        ]
        assert min(np.abs(got[row, column] - p).max() for p in possible) < 1e-5
    assert len(np.unique(np.round(shares[1], 3))) > 3


# --- transmission -----------------------------------------------------------------------------------------


def clear_glass(color: Rgb = (1, 1, 1), **fields: Any) -> MaterialSpec:
    return MaterialSpec(**{"base_color": color, "transmission": 1.0, "roughness": 0.0, **fields})


def test_each_pane_tints_what_passes(raster: Raster) -> None:
    """What mirrors nothing passes its colour's share."""
    back, tint = wall("back", 3.0, glow(1, 2, 3)), np.array([0.9, 0.5, 0.2])
    for count in range(4):
        panes = [wall(f"pane{i}", 1.0 + 0.2 * i, clear_glass(tuple(tint), ior=1.0)) for i in range(count)]
        got = seen(raster, *panes, back)
        np.testing.assert_allclose(got, np.broadcast_to([1, 2, 3] * tint**count, got.shape), rtol=1e-6)


def test_a_pane_passes_what_its_two_faces_do_not_mirror(raster: Raster) -> None:
    """Seen from straight ahead: light that goes to and fro between them counts."""
    for ior in (1.3, 1.5, 2.0):
        once = ((ior - 1) / (ior + 1)) ** 2
        got = seen(raster, wall("pane", 1.0, clear_glass(ior=ior)), wall("back", 3.0, glow(1, 1, 1)))[MIDDLE]
        np.testing.assert_allclose(got, 1 - 2 * once / (1 + once), rtol=1e-2)


def test_the_rest_of_what_is_not_mirrored_is_seen_as_paint(raster: Raster) -> None:
    """Half of what passes a pane of half the transmission; the other half is the paint's share of the light before it."""
    before = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1), background_top=(0, 0, 0), background_bottom=(0, 0, 0), occlusion_radius_m=0)
    material = clear_glass((0.6, 0.4, 0.2), transmission=0.5, ior=1.0, roughness=1.0)
    got = seen(raster, wall("pane", 1.0, material), wall("back", 3.0, glow(2, 2, 2)), environment=before)
    np.testing.assert_allclose(got, np.broadcast_to(np.array([0.6, 0.4, 0.2]) * (0.5 + 0.5 * 2), got.shape), rtol=2e-3)


def test_glass_in_a_white_furnace_is_white(raster: Raster) -> None:
    """What it does not mirror it passes: alone, as a hollow ball of two walls, and as one behind another."""
    for roughness, transmission, coat in [(0.0, 1.0, 0.0), (0.5, 1.0, 0.0), (1.0, 0.5, 0.0), (0.2, 1.0, 1.0)]:
        material = clear_glass(roughness=roughness, transmission=transmission, clear_coat=coat)
        near = BodySpec(name="near", shape=SphereShape(radius_m=0.4), world_from_body=Pose((0, 1.2, 0)), material=material)
        far = replace(near, name="far", world_from_body=Pose((0.2, 2.2, 0)))
        got = seen(raster, near, far, environment=WHITE)
        np.testing.assert_allclose(got, 1, atol=4e-3)


def test_highlights_and_glow_stay_on_glass(raster: Raster) -> None:
    sun = SunLight(direction=(0, 1, -0.02), irradiance=(3, 3, 3), shadows=False)
    nothing = wall("back", 3.0, glow(0, 0, 0))
    facing = {"lights": (sun,), "environment": EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0))}
    lit = seen(raster, wall("pane", 1.0, clear_glass(roughness=0.3)), nothing, **facing)
    assert lit[20:28, 28:36].max() > 1
    glowing = seen(raster, wall("pane", 1.0, clear_glass(emissive=(0.5, 0.25, 0.125), ior=1.0)), nothing)
    np.testing.assert_allclose(glowing, np.broadcast_to([0.5, 0.25, 0.125], glowing.shape), rtol=1e-6)


@pytest.mark.parametrize("two_sided", [True, False])
def test_glass_shows_its_far_wall(raster: Raster, two_sided: bool) -> None:
    """Two walls of a box, whether or not its faces are one-sided."""
    material = clear_glass((0.5, 0.7, 0.9), ior=1.0, two_sided=two_sided)
    box = BodySpec(name="box", shape=BoxShape(size_m=(0.6, 0.6, 0.6)), world_from_body=Pose((0, 1.2, 0)), material=material, category="box")
    got = seen(raster, box, wall("back", 3.0, glow(1, 1, 1)))
    np.testing.assert_allclose(got[MIDDLE], np.array([0.5, 0.7, 0.9]) ** 2, rtol=1e-6)


def test_labels_see_the_glass(raster: Raster) -> None:
    """As they see what is opaque: nothing of a label tells of what a surface is made."""

    def labels(material: MaterialSpec) -> Frame:
        ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.3), world_from_body=Pose((0, 1.2, 0)), material=material, category="ball")
        raster.load(SceneSpec(bodies=(*clutter(), ball)))
        return raster.render(AHEAD, ("instance", "depth", "normal", "amodal"))

    glass, opaque = labels(clear_glass()), labels(MaterialSpec())
    for name in ("instance", "depth_m", "normal"):
        np.testing.assert_array_equal(getattr(glass, name), getattr(opaque, name))
    assert glass.silhouettes[3].total_px == opaque.silhouettes[3].total_px


def test_surroundings_are_as_open_behind_glass_as_without(raster: Raster) -> None:
    """Nothing that lets light pass darkens corners."""
    clear = wall("pane", 1.0, clear_glass(ior=1.0))
    environment = EnvironmentSpec(occlusion_radius_m=0.3)
    without = seen(raster, *clutter(), environment=environment)
    open_to_all = seen(raster, *clutter(), environment=replace(environment, occlusion_radius_m=0))
    assert np.abs(without - open_to_all).max() > 0.05
    np.testing.assert_allclose(seen(raster, *clutter(), clear, environment=environment), without, rtol=1e-5, atol=1e-6)


def test_a_lens_sees_through_glass(raster: Raster) -> None:
    """A fisheye's picture of a box of glass before a wall: nothing but the wall, its colour once or twice."""
    round_view = replace(AHEAD, distortion=KannalaBrandt(), fx=30, fy=30)
    tint = np.array([0.5, 0.7, 0.9])
    box = BodySpec(name="box", shape=BoxShape(size_m=(0.6, 0.6, 0.6)), world_from_body=Pose((0, 1.2, 0)), material=clear_glass(tuple(tint), ior=1.0))
    got = seen(raster, box, wall("back", 1.8, glow(1, 1, 1)), camera=round_view)
    np.testing.assert_allclose(got[MIDDLE], tint**2, rtol=1e-6)
    layers = np.log(got) / np.log(tint)
    inside = np.all(got > 0.2, axis=2)
    whole = np.abs(layers[..., 0] - np.round(layers[..., 0])) < 1e-3
    assert np.mean(whole[inside]) > 0.8
    assert set(np.round(layers[inside & whole][:, 0])) <= {0, 2}


def test_blurred_pictures_see_through_glass(raster: Raster) -> None:
    """What is as wide as the view stays what it is however it is blurred."""
    bodies = (wall("pane", 1.0, clear_glass((0.9, 0.5, 0.2), ior=1.0)), wall("film", 1.4, film(0.5, 1, 1, 1)), wall("back", 2.0, glow(1, 2, 3)))
    sharp = seen(raster, *bodies)
    blurred = seen(raster, *bodies, camera=replace(AHEAD, aperture_m=0.01, focus_m=1.2, blur_samples=4))
    np.testing.assert_allclose(blurred, sharp, rtol=1e-5)


def test_more_glass_than_there_was_room_for(library: Any) -> None:
    """A large picture, each pixel of which shows several layers."""
    large = CameraSpec.from_fov(width=400, height=300, fov_y_rad=0.7, world_from_camera=AHEAD.world_from_camera)
    tint = np.array([0.9, 0.8, 0.7])
    with Raster(library) as fresh:
        panes = [wall(f"pane{i}", 1.0 + 0.1 * i, clear_glass(tuple(tint), ior=1.0)) for i in range(3)]
        got = seen(fresh, *panes, wall("back", 3.0, glow(1, 1, 1)), camera=large)
    np.testing.assert_allclose(got, np.broadcast_to(tint**3, got.shape), rtol=1e-6)


# --- beside the path tracer -------------------------------------------------------------------------------


@pytest.mark.parametrize("angle_rad", [0.0, 0.7])
def test_the_path_tracer_sees_as_much_through_a_pane(raster: Raster, library: Any, angle_rad: float) -> None:
    """Transmitted and mirrored light, straight ahead and at an angle."""
    pytest.importorskip("mitsuba")
    from diorama.sim.render.pathtrace import PathTracer

    turned = Pose((0, 1.0, 0), quat_from_axis_angle((0, 0, 1), angle_rad))
    glass = replace(wall("pane", 1.0, clear_glass((0.9, 0.6, 0.3))), world_from_body=turned)
    spec = SceneSpec(bodies=(glass, wall("back", 3.0, glow(1, 2, 3))), environment=EnvironmentSpec(sky=(0.5, 0.5, 0.5), ground=(0.5, 0.5, 0.5)))
    camera = replace(AHEAD, width=8, height=6, fx=60, fy=60, cx=4, cy=3)
    raster.load(spec)
    ours = raster.render(camera, ("radiance",)).radiance.mean(axis=(0, 1))
    with PathTracer(library, spp=256, max_depth=16) as tracer:
        tracer.load(spec)
        theirs = tracer.render(camera, ("radiance",)).radiance.mean(axis=(0, 1))
    np.testing.assert_allclose(ours, theirs, rtol=0.03)
