"""The split-sum table against quadrature of the reflection model itself, and the energy that it lets a surface give back."""

import math
import os

import numpy as np
import pytest
import warp as wp

from diorama.sim.render.raster.dfg import ENTRIES, dfg, dfg_table, mirrored_share

DEVICE = os.environ.get("DIORAMA_DEVICE", "cpu")


@wp.kernel
def ask(
    table: wp.array(dtype=wp.vec2),
    f0: wp.vec3,
    surfaces: wp.array(dtype=wp.vec2),
    entries: wp.array(dtype=wp.vec2),
    shares: wp.array(dtype=wp.vec3),
):
    t = wp.tid()
    entries[t] = dfg(table, surfaces[t][0], surfaces[t][1])
    shares[t] = mirrored_share(entries[t], f0)


def lookups(surfaces, f0=(1.0, 1.0, 1.0)):
    """(grazing, total) (n, 2) and mirrored shares (n, 3) for (roughness, cosine) pairs."""
    entries = wp.empty(len(surfaces), dtype=wp.vec2, device=DEVICE)
    shares = wp.empty(len(surfaces), dtype=wp.vec3, device=DEVICE)
    table = wp.array(dfg_table(), dtype=wp.vec2, device=DEVICE)
    asked = wp.array(np.array(surfaces, np.float32), dtype=wp.vec2, device=DEVICE)
    wp.launch(ask, dim=len(surfaces), inputs=[table, wp.vec3(*f0), asked, entries, shares], device=DEVICE)
    return entries.numpy(), shares.numpy()


def integrals(roughness, no_v, f0=None):
    """(grazing, total), or with `f0` the albedo, by quadrature over half vectors of D G / (4 n.l n.v) n.l, Jacobian 4 v.h.

    Polar angles are spaced evenly in what the distribution lets through, so that narrow lobes are resolved.
    """
    alpha2 = roughness**4
    u = (np.arange(400) + 0.5) / 400
    cos2 = (1 - u) / (1 + (alpha2 - 1) * u)
    azimuth = (np.arange(150) + 0.5) / 150 * math.pi
    hz, level = np.sqrt(cos2)[:, None], np.sqrt(1 - cos2)[:, None]
    hx = level * np.cos(azimuth)
    vh = math.sqrt(1 - no_v**2) * hx + no_v * hz
    no_l = 2 * vh * hz - no_v
    lit = (no_l > 0) & (vh > 0)
    no_l, vh = np.where(lit, no_l, 1.0), np.where(lit, vh, 1.0)
    # Height-correlated Smith masking over 4 n.l n.v, as Heitz writes it; a half vector's density is D n.h.
    visible = 0.5 / (no_l * np.sqrt(no_v**2 * (1 - alpha2) + alpha2) + no_v * np.sqrt(no_l**2 * (1 - alpha2) + alpha2))
    value = np.where(lit, visible * no_l * 4 * vh / np.broadcast_to(hz, vh.shape), 0.0)
    fresnel = (1 - vh) ** 5
    if f0 is not None:
        return (value * (f0 + (1 - f0) * fresnel)).mean()
    return (value * fresnel).mean(), value.mean()


SURFACES = [(k / (ENTRIES - 1), m / (ENTRIES - 1)) for k in (4, 9, 15, 22, 31) for m in (1, 3, 8, 16, 25, 31)]
BETWEEN = [(r, c) for r in (0.1, 0.17, 0.33, 0.5, 0.77, 0.97) for c in (0.08, 0.2, 0.45, 0.7, 0.95)]


def test_entries_are_the_reflection_models_integrals():
    table = dfg_table().reshape(ENTRIES, ENTRIES, 2)
    assert table.dtype == np.float32 and table.min() >= 0 and table.max() <= 1
    for roughness, no_v in SURFACES:
        got = table[round(roughness * (ENTRIES - 1)), round(no_v * (ENTRIES - 1))]
        np.testing.assert_allclose(got, integrals(roughness, no_v), rtol=0.015, atol=3e-4)


def test_a_smooth_mirror_is_schlicks_term():
    axis = np.arange(1, ENTRIES) / (ENTRIES - 1)
    np.testing.assert_allclose(dfg_table().reshape(ENTRIES, ENTRIES, 2)[0, 1:], np.stack([(1 - axis) ** 5, np.ones_like(axis)], -1), atol=1e-6)


def test_lookups_between_entries_are_close():
    got, _ = lookups(BETWEEN)
    np.testing.assert_allclose(got, [integrals(*surface) for surface in BETWEEN], rtol=0.02, atol=4e-3)


def test_lookups_stay_in_the_table():
    got, _ = lookups([(-1.0, 0.5), (2.0, 0.5), (0.5, -1.0), (0.5, 2.0)])
    table = dfg_table().reshape(ENTRIES, ENTRIES, 2)
    np.testing.assert_allclose(got[0], (table[0, 15] + table[0, 16]) / 2, rtol=1e-6)
    np.testing.assert_allclose(got[1], (table[-1, 15] + table[-1, 16]) / 2, rtol=1e-6)
    np.testing.assert_allclose(got[2], (table[15, 0] + table[16, 0]) / 2, rtol=1e-6)
    np.testing.assert_allclose(got[3], (table[15, -1] + table[16, -1]) / 2, rtol=1e-6)


def test_a_white_conductor_gives_back_all_light():
    """In a white furnace: the lobe's own albedo, by quadrature, times the compensation 1 + f0 (1 / total - 1)."""
    got, shares = lookups(BETWEEN)
    np.testing.assert_allclose(shares, 1.0, rtol=1e-5)
    for (roughness, no_v), (_, total) in zip(BETWEEN, got, strict=True):
        assert integrals(roughness, no_v, f0=1.0) * (1 + (1 / total - 1)) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("f0", [0.02, 0.04, 0.17, 0.5])
def test_a_white_dielectric_gives_back_all_light(f0):
    """Lobe and diffuse rest together: what the table says is mirrored is what quadrature says, bounces included."""
    got, shares = lookups(BETWEEN, (f0, f0, f0))
    for (roughness, no_v), (_, total), share in zip(BETWEEN, got, shares[:, 0], strict=True):
        mirrored = integrals(roughness, no_v, f0=f0) * (1 + f0 * (1 / total - 1))
        assert 0 < share < 1
        assert mirrored + (1 - share) == pytest.approx(1, abs=0.01)
