"""Household things: closed, outward, of sensible sizes, printed without stretching, and hollow where they look hollow."""

import functools
import math

import numpy as np
import pytest
import trimesh
from scipy.spatial import ConvexHull

from diorama.sim.assets import geometry
from diorama.sim.assets.household import HOUSEHOLD
from diorama.sim.assets.library import AssetLibrary

LIBRARY = AssetLibrary()
KINDS = sorted(HOUSEHOLD.kinds)
HOLLOW = ("basket", "bowl", "cup", "drinking-glass", "mug", "pan", "plate")


@functools.cache
def asset(name):
    return LIBRARY.load(f"household:{name}")


@functools.cache
def planes(name):
    return [ConvexHull(hull).equations for hull in asset(name).hulls]


def height_above(name, points):
    """How far each of (n, 3) points is outside the nearest hull, roughly (exactly 0 on it, negative inside)."""
    return np.min([(points @ e[:, :3].T + e[:, 3]).max(axis=1) for e in planes(name)], axis=0)


def triangles(a):
    return geometry.merged([(p.positions.astype(np.float64), p.faces.astype(np.int64)) for p in a.parts])


def samples(a, count):
    positions, faces = triangles(a)
    return trimesh.sample.sample_surface(trimesh.Trimesh(positions, faces, process=False), count, seed=0)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_surfaces_are_closed_and_face_outwards(kind):
    for variant in range(HOUSEHOLD.LISTED_VARIANTS):
        a = asset(f"{kind}/{variant}")
        positions, faces = triangles(a)
        places = geometry.weld(positions, 1e-5 * geometry.diagonal_m(positions))
        assert geometry.is_closed(places[faces]), a.id
        volume, center = geometry.signed_volume_and_center(positions, faces)
        assert volume == pytest.approx(a.volume_m3, rel=1e-4), a.id
        assert center == pytest.approx((0, 0, 0), abs=1e-7), a.id  # the origin is the centre of mass
        for part in a.parts:
            normal = part.normals.astype(np.float64)
            assert np.abs(np.sqrt((normal**2).sum(axis=1)) - 1).max() < 1e-5
            facing = geometry.area_vectors(part.positions.astype(np.float64), part.faces.astype(np.int64))
            assert ((normal[part.faces] * facing[:, None, :]).sum(axis=2) > 0).mean() > 0.999, a.id


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_masses_and_triangle_counts_are_those_of_household_things(kind):
    masses = set()
    for variant in range(HOUSEHOLD.LISTED_VARIANTS):
        a = asset(f"{kind}/{variant}")
        extent = np.ptp(a.bounds_m, axis=0)
        assert 0.005 < extent.max() < 0.42
        assert extent.min() > 0.003
        assert 0.003 < a.volume_m3 * a.density_kg_m3 < 2.0, a.id
        assert 30 <= sum(len(p.faces) for p in a.parts) <= 1700
        assert len(a.hulls) <= 40
        assert all(4 <= len(h) <= 300 for h in a.hulls)
        masses.add(round(a.volume_m3 * a.density_kg_m3, 6))
    assert len(masses) > 8  # variants vary


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_touched_is_what_is_seen(kind):
    for variant in range(4):
        name = f"{kind}/{variant}"
        assert height_above(name, samples(asset(name), 400)).max() < 0.001
        positions, faces = triangles(asset(name))
        seen = trimesh.Trimesh(positions, faces, process=False)
        corners = np.concatenate(asset(name).hulls)
        corners = corners[:: max(1, len(corners) // 80)]
        _, distance, _ = trimesh.proximity.closest_point_naive(seen, corners)
        outside = ~_inside(seen, corners)
        assert distance[outside].max(initial=0) < 0.002, name


def _inside(mesh, points):
    """By winding number: the solid angle that all triangles fill, seen from each point."""
    a, b, c = (mesh.triangles[None, :, i] - points[:, None] for i in range(3))
    la, lb, lc = (np.linalg.norm(v, axis=2) for v in (a, b, c))
    numerator = (a * np.cross(b, c)).sum(axis=2)
    denominator = la * lb * lc + (a * b).sum(axis=2) * lc + (b * c).sum(axis=2) * la + (c * a).sum(axis=2) * lb
    return np.arctan2(numerator, denominator).sum(axis=1) / (2 * math.pi) > 0.5


@pytest.mark.parametrize("kind", HOLLOW)
def test_the_inside_of_a_vessel_is_free(kind):
    for variant in range(HOUSEHOLD.LISTED_VARIANTS):
        name = f"{kind}/{variant}"
        a = asset(name)
        low, high = np.array(a.bounds_m)
        # The vessel's axis is where its widest circle has its middle; the mug's handle and the pan's stick out along +x.
        axis = np.array([low[0] + (high[1] - low[1]) / 2, 0.0])
        radius = (high[1] - low[1]) / 2
        rim = samples(a, 2000)
        rim = rim[np.abs(np.hypot(*(rim[:, :2] - axis).T) - radius) < 0.15 * radius][:, 2].max()
        middle = np.array([[*axis, z] for z in np.linspace(low[2], rim, 60)])
        above = height_above(name, middle)
        free = middle[above > 0.002, 2]
        assert len(free), a.id
        assert rim - free.min() > {"plate": 0.007, "pan": 0.02}.get(kind, 0.025), a.id
        assert above[middle[:, 2] > free.min() + 1e-9].min() > 0, a.id  # nothing from there to the rim


@pytest.mark.parametrize("name", [*(f"mug/{v}" for v in range(HOUSEHOLD.LISTED_VARIANTS)), *(f"roll/{v}" for v in range(4))])
def test_a_finger_fits_through_the_hole(name):
    a = asset(name)
    low, high = np.array(a.bounds_m)
    if name.startswith("mug"):
        body = low[0] + (high[1] - low[1])  # where the cup ends and its handle begins, along +x
        across = np.array([[x, y, 0.0] for x in np.linspace(body, high[0], 80) for y in np.linspace(low[1], high[1], 25)])
        free = height_above(name, across).reshape(80, 25).min(axis=1)
        assert free.max() > 0.004  # some line along y keeps this far from everything
        assert height_above(name, np.array([[x, 0.0, 0.0] for x in np.linspace(body, high[0], 200)])).min() < 0  # inside of the handle's bow
    else:
        along = np.array([[0.0, 0.0, z] for z in np.linspace(low[2], high[2], 30)])
        assert height_above(name, along).min() > 0.01


def stretch(part):
    """Singular values (m, 2) of the map from the surface to the texture, in pixels (or metres) a metre; and areas (m,)."""
    p, uv = part.positions[part.faces].astype(np.float64), part.uv[part.faces].astype(np.float64)
    if part.look.images:
        uv = uv * next(iter(part.look.images.values())).shape[1::-1]
    one, two = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    normal = np.cross(one, two)
    area = np.linalg.norm(normal, axis=1)
    x = one / np.linalg.norm(one, axis=1)[:, None]
    y = np.cross(normal / area[:, None], x)
    edges = np.array([[(one * x).sum(1), (two * x).sum(1)], [(one * y).sum(1), (two * y).sum(1)]]).transpose(2, 0, 1)
    mapped = np.stack([uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]], axis=2)
    return np.linalg.svd(mapped @ np.linalg.inv(edges), compute_uv=False), area / 2


@pytest.mark.parametrize("kind", KINDS)
def test_projected_coordinates_are_metres_foreshortened_by_the_cube_diagonal_at_most(kind):
    for variant in range(3):
        for part in asset(f"{kind}/{variant}").parts:
            if part.uv_in_metres:
                values, _ = stretch(part)
                assert values.max() < 1.001
                assert values.min() > 0.99 / math.sqrt(3)


@pytest.mark.parametrize("kind", ["bottle", "can", "carton", "die", "jar", "milk-carton", "puzzle-cube"])
def test_prints_are_not_stretched(kind):
    for variant in range(HOUSEHOLD.LISTED_VARIANTS):
        for part in asset(f"{kind}/{variant}").parts:
            if part.look.images:
                values, _ = stretch(part)
                assert (values[:, 0] / values[:, 1]).max() < 1.1
                assert values.min() > 1000  # pixels a metre


@pytest.mark.parametrize("kind", ["apple", "ball", "citrus", "pear", "tube"])
def test_skins_are_stretched_little_but_for_the_poles(kind):
    for variant in range(4):
        for part in asset(f"{kind}/{variant}").parts:
            if part.look.images:
                values, area = stretch(part)
                ratio = values[:, 0] / np.maximum(values[:, 1], 1e-9)
                assert area[ratio < 2.5].sum() > 0.85 * area.sum()


def test_names():
    assert len(HOUSEHOLD.names()) == len(HOUSEHOLD.kinds) * HOUSEHOLD.LISTED_VARIANTS
    assert all(HOUSEHOLD.is_name(n) for n in HOUSEHOLD.names())
    assert HOUSEHOLD.is_name("mug/4711")
    for wrong in ("mug", "mug/", "mug/03", "mug/-1", "mug/1.0", "mug/x", "mugs/1", "mug/²", ""):
        assert not HOUSEHOLD.is_name(wrong), wrong
    assert asset("mug/4711").category == "mug"
    assert asset("mug/4711").supercategory == "tableware"
