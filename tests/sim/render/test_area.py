"""Light from rectangles against numerical integrals over them."""

import math
import os

import numpy as np
import pytest
import warp as wp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from diorama.sim.render.raster import area
from diorama.sim.render.raster.brdf import Surfels
from diorama.sim.render.raster.dfg import dfg, dfg_table
from diorama.sim.render.raster.lanes import LANES, Lanes, spread, vector_at
from diorama.sim.seeds import Seed

DEVICE = os.environ.get("DIORAMA_DEVICE", "cpu")
UP = np.array([0.0, 0.0, 1.0])


@wp.kernel
def shares(table: wp.array(dtype=wp.vec4), rows: wp.array2d(dtype=wp.vec3), roughness: float, out: wp.array(dtype=wp.vec2)):
    i = wp.tid()
    lobe = area.lobes_at(table, area.STEPS, Lanes(roughness), Lanes(wp.dot(rows[i, 5], rows[i, 6])))
    found = area.rect_shares(lobe, rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3], spread(rows[i, 4]), spread(rows[i, 5]), spread(rows[i, 6]))
    out[i] = wp.vec2(found[0, i % LANES], found[1, i % LANES])


@wp.kernel
def totals(table: wp.array(dtype=wp.vec2), rows: wp.array2d(dtype=wp.vec3), roughness: float, out: wp.array(dtype=wp.vec2)):
    i = wp.tid()
    out[i] = dfg(table, roughness, wp.dot(rows[i, 5], rows[i, 6]))


@wp.kernel
def reflected(table: wp.array(dtype=wp.vec4), rows: wp.array2d(dtype=wp.vec3), roughness: float, out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    s = Surfels()
    s.point = spread(rows[i, 4])
    s.normal = spread(rows[i, 5])
    s.to_eye = spread(rows[i, 6])
    s.roughness = Lanes(roughness)
    s.albedo = spread(wp.vec3(0.5, 0.3, 0.0))
    s.mirrored = spread(wp.vec3(0.0, 0.1, 0.9))
    found = area.rect_reflected(table, rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3], wp.vec3(5.0, 6.0, 7.0), s)
    out[i] = vector_at(found, i % LANES)


class Rectangle:
    """A rectangle before a surface at the origin with normal +z, turned into the kernels' rows and into quadrature points."""

    def __init__(self, center, half_width, half_height, axis, view) -> None:
        self.center, self.half_width, self.half_height, self.axis = (np.asarray(v, float) for v in (center, half_width, half_height, axis))
        self.view = np.asarray(view, float) / np.linalg.norm(view)
        self.area = 4 * np.linalg.norm(np.cross(half_width, half_height))

    @property
    def row(self) -> list[NDArray]:
        return [self.center, self.half_width, self.half_height, self.axis, np.zeros(3), UP, self.view]

    def integral(self, brdf, n: int = 300) -> float:
        """The integral of brdf(directions) n.l over the rectangle's solid angle, by Gauss and Legendre's rule."""
        x, w = np.polynomial.legendre.leggauss(n)
        a, b = np.meshgrid(x, x, indexing="ij")
        point = self.center + a[..., None] * self.half_width + b[..., None] * self.half_height
        distance = np.linalg.norm(point, axis=-1)
        light = point / distance[..., None]
        solid = np.maximum(-(light @ self.axis), 0) / distance**2 * w[:, None] * w * self.area / 4
        above = np.maximum(light[..., 2], 0)
        return float((brdf(light) * above * solid).sum())


def random_rectangle(rng: np.random.Generator, above: bool) -> Rectangle:
    """Of 0.2 to 2 across, 0.7 to 3 away, turned towards the surface by any angle, the view anywhere but very grazing."""
    while True:
        basis = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        center = rng.normal(size=3)
        center *= rng.uniform(0.7, 3) / np.linalg.norm(center)
        width, height = basis[0] * rng.uniform(0.1, 1), basis[1] * rng.uniform(0.1, 1)
        axis = basis[2] * (1 if rng.random() < 0.5 else -1)
        corners = np.array([center + i * width + j * height for i in (-1, 1) for j in (-1, 1)])
        wholly = corners[:, 2].min() > 0.02
        partly = corners[:, 2].min() < -0.05 and corners[:, 2].max() > 0.05
        if center @ axis < -0.2 and (wholly if above else partly):
            angle, cosine = rng.uniform(0, 2 * math.pi), rng.uniform(0.1, 1)
            sine = math.sqrt(1 - cosine**2)
            return Rectangle(center, width, height, axis, (sine * math.cos(angle), sine * math.sin(angle), cosine))


def ggx(view: NDArray, roughness: float):
    """The GGX lobe with height-correlated Smith masking, in float64, written out from the papers."""
    alpha2 = roughness**4

    def brdf(light: NDArray) -> NDArray:
        half = light + view
        half = half / np.linalg.norm(half, axis=-1, keepdims=True)
        no_l, no_v, no_h = np.maximum(light[..., 2], 1e-9), view[2], half[..., 2]
        d = alpha2 / (math.pi * (no_h**2 * (alpha2 - 1) + 1) ** 2)
        smith = lambda c: (np.sqrt(1 + alpha2 * (1 - c**2) / c**2) - 1) / 2  # noqa: E731 - Lambda, as the papers call it
        return d / (1 + smith(no_l) + smith(no_v)) / (4 * no_l * no_v)

    return brdf


@pytest.fixture(scope="module")
def table():
    return wp.array(area.lobe_table(), dtype=wp.vec4, device=DEVICE)


def run(kernel, table, rectangles, roughness: float, dtype) -> NDArray:
    rows = wp.array(np.array([r.row for r in rectangles], np.float32), dtype=wp.vec3, device=DEVICE)
    out = wp.zeros(len(rectangles), dtype=dtype, device=DEVICE)
    wp.launch(kernel, dim=len(rectangles), inputs=[table, rows, roughness, out], device=DEVICE)
    return out.numpy()


def diffuse(table, rectangles) -> NDArray:
    return run(shares, table, rectangles, 0.5, wp.vec2)[:, 0]


def glossy(table, rectangles, roughness: float) -> NDArray:
    return run(shares, table, rectangles, roughness, wp.vec2)[:, 1]


def lambert(light: NDArray) -> NDArray:
    return np.full(light.shape[:-1], 1 / math.pi)


def test_diffuse_light_is_the_integral_over_the_rectangle(table) -> None:
    rng = Seed(1).rng()
    rectangles = [random_rectangle(rng, above=True) for _ in range(40)]
    truth = [r.integral(lambert, 100) for r in rectangles]
    np.testing.assert_allclose(diffuse(table, rectangles), truth, rtol=1e-4)


def test_what_is_below_the_horizon_gives_nothing(table) -> None:
    """Where the horizon cuts the rectangle, the quadrature is a fine one of cells, and still the coarser of the two."""
    rng = Seed(2).rng()
    rectangles = [random_rectangle(rng, above=False) for _ in range(12)]
    truth = [r.integral(lambert, 500) for r in rectangles]
    np.testing.assert_allclose(diffuse(table, rectangles), truth, atol=2e-5)
    sunk = Rectangle((0.5, -1, -0.4), (0.2, 0, 0), (0, 0, 0.3), (0, 1, 0), (0, 0.1, 1))
    assert run(shares, table, [sunk], 0.5, wp.vec2).max() == 0


#: Roughness, and by how much of the lobe a rectangle may be off at most, and by root mean square.
@pytest.mark.parametrize(
    ("roughness", "most", "usual"),
    [(0.15, 0.02, 0.005), (0.25, 0.05, 0.008), (0.4, 0.06, 0.015), (0.55, 0.06, 0.015), (0.8, 0.03, 0.006), (1.0, 0.012, 0.002)],
)
def test_gloss_is_the_integral_of_ggx_over_the_rectangle(table, roughness: float, most: float, usual: float) -> None:
    rng = Seed(3).rng()
    rectangles = [random_rectangle(rng, above) for above in (True, True, False) for _ in range(12)]
    total = run(totals, wp.array(dfg_table(), dtype=wp.vec2, device=DEVICE), rectangles, roughness, wp.vec2)[:, 1]
    error = glossy(table, rectangles, roughness) * total - [r.integral(ggx(r.view, roughness), 160) for r in rectangles]
    assert np.abs(error).max() < most
    assert np.sqrt((error**2).mean()) < usual


@pytest.mark.parametrize("roughness", [0.1, 0.3, 0.65, 1.0])
@pytest.mark.parametrize("no_v", [0.05, 0.5, 0.93])
def test_a_sky_of_one_rectangle_fills_every_lobe(table, roughness: float, no_v: float) -> None:
    sky = Rectangle((0, 0, 1), (3000, 0, 0), (0, 3000, 0), (0, 0, -1), (math.sqrt(1 - no_v**2), 0, no_v))
    np.testing.assert_allclose(run(shares, table, [sky], roughness, wp.vec2), 1, atol=2e-3)


def test_what_is_reflected_is_both_shares_of_the_radiance(table) -> None:
    rng = Seed(8).rng()
    rectangles = [random_rectangle(rng, above=True) for _ in range(20)]
    got = run(reflected, table, rectangles, 0.3, wp.vec3)
    d, g = diffuse(table, rectangles)[:, None], glossy(table, rectangles, 0.3)[:, None]
    np.testing.assert_allclose(got, np.array([5, 6, 7]) * (d * [0.5, 0.3, 0] + g * [0, 0.1, 0.9]), rtol=1e-5, atol=1e-9)


def test_a_small_far_rectangle_is_a_point_light(table) -> None:
    """Of intensity radiance times area times the cosine at the light; in the highlight and beside it."""
    rng = Seed(5).rng()
    for _ in range(30):
        light = rng.normal(size=3)
        light[2] = abs(light[2]) + 0.5
        light /= np.linalg.norm(light)
        basis = np.linalg.qr(np.column_stack([-light + 0.5 * rng.normal(size=3), rng.normal(size=(3, 2))]))[0]
        axis = basis[:, 0] * -np.sign(basis[:, 0] @ light)
        mirrored = light * (-1, -1, 1) + 0.1 * rng.normal(size=3)
        mirrored[2] = abs(mirrored[2])
        far = Rectangle(light * 20, basis[:, 1] * 0.02, basis[:, 2] * 0.03, axis, mirrored)
        arriving = far.area * -(axis @ light) / 20**2 * light[2]
        assert diffuse(table, [far])[0] == pytest.approx(arriving / math.pi, rel=2e-3)
        assert glossy(table, [far], 0.2)[0] == pytest.approx(arriving * ggx(far.view, 0.2)(light), rel=0.12, abs=0.02 * arriving / 0.2**4)


def test_halves_add_up_and_sides_have_no_order(table) -> None:
    """For both lobes, above and across the horizon: the integral is additive, and the same whichever way corners run."""
    rng = Seed(6).rng()
    for above in (True, False):
        for _ in range(20):
            r = random_rectangle(rng, above)
            half = r.half_width / 2
            pieces = [Rectangle(r.center + side * half, half, r.half_height, r.axis, r.view) for side in (-1, 1)]
            turned = Rectangle(r.center, r.half_height, r.half_width, r.axis, r.view)
            mirrored = Rectangle(r.center, -r.half_width, r.half_height, r.axis, r.view)
            whole, first, second, *others = run(shares, table, [r, *pieces, turned, mirrored], 0.3, wp.vec2)
            np.testing.assert_allclose(first + second, whole, rtol=2e-4, atol=2e-6)
            for other in others:
                np.testing.assert_allclose(other, whole, rtol=2e-4, atol=2e-6)


def test_nothing_behind_the_face(table) -> None:
    rng = Seed(7).rng()
    rectangles = [random_rectangle(rng, above=True) for _ in range(20)]
    for r in rectangles:
        r.axis = -r.axis
    assert run(shares, table, rectangles, 0.5, wp.vec2).max() == 0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), scale=st.sampled_from([1e-3, 1.0, 1e3]), roughness=st.floats(0.02, 1))
def test_shares_are_shares(table, seed: int, scale: float, roughness: float) -> None:
    """Whatever the size, place and view, also points that lie all but on the rectangle: never a NaN, nor below 0 or above 1."""
    rng = Seed(seed).rng()
    rectangles = []
    for _ in range(64):
        basis = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        reach = scale * 10 ** rng.uniform(-6, 1)
        view = rng.normal(size=3) + (0, 0, 2)
        view[2] = abs(view[2]) * 10 ** rng.uniform(-3, 0)
        rectangles.append(Rectangle(rng.normal(size=3) * reach, basis[0] * scale * rng.random(), basis[1] * scale * rng.random(), basis[2], view))
    got = run(shares, table, rectangles, roughness, wp.vec2)
    assert np.isfinite(got).all()
    assert got.min() >= 0
    assert got.max() <= 1 + 1e-3
