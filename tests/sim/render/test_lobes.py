"""The microfacet lobe against the formula it stands for, and where that has no value."""

import os

import numpy as np
import pytest
import warp as wp

from diorama.sim.render.raster import brdf
from diorama.sim.render.raster.lanes import Lanes

DEVICE = os.environ.get("DIORAMA_DEVICE", "cpu")


@wp.kernel
def lobe(rows: wp.array2d(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    alpha2, no_v = Lanes(rows[i, 0]), Lanes(rows[i, 1])
    found = brdf.lobes(alpha2, no_v, brdf.view_masks(no_v, alpha2), Lanes(rows[i, 2]), Lanes(rows[i, 3]))
    out[i] = found[0]


def lobes(rows: np.ndarray) -> np.ndarray:
    out = wp.zeros(len(rows), dtype=float, device=DEVICE)
    wp.launch(lobe, len(rows), [wp.array(rows.astype(np.float32), dtype=float, device=DEVICE), out], device=DEVICE)
    return out.numpy()


def test_the_lobe_is_ggx_with_height_correlated_masking():
    rng = np.random.default_rng(3)
    alpha, no_v, no_l = rng.uniform(0.05, 1.0, 400), rng.uniform(0.05, 1.0, 400), rng.uniform(0.05, 1.0, 400)
    # v.l with the normal between, at any angle around it.
    v_l = no_v * no_l + np.sqrt((1 - no_v**2) * (1 - no_l**2)) * np.cos(rng.uniform(0, np.pi, 400))
    half2 = 2 + 2 * v_l
    a2 = alpha**2
    no_h2 = (no_v + no_l) ** 2 / half2
    ggx = a2 / (np.pi * (no_h2 * (a2 - 1) + 1) ** 2)
    mask = 0.5 / (no_l * np.sqrt(no_v**2 * (1 - a2) + a2) + no_v * np.sqrt(no_l**2 * (1 - a2) + a2))
    assert lobes(np.stack([a2, no_v, no_l, half2], axis=1)) == pytest.approx(ggx * mask, rel=2e-3)


def test_a_light_behind_the_surface_gives_a_number_wherever_it_is():
    # As n.l is 0 there, v.l is free, and the lobe's width may vanish.
    alpha2 = np.float32(0.03**4)
    no_v = np.linspace(0.02, 1.0, 500, dtype=np.float32)
    half2 = -(no_v * no_v) * (alpha2 - np.float32(1.0))
    found = lobes(np.stack([np.full(500, alpha2), no_v, np.zeros(500), half2], axis=1))
    assert np.isfinite(found).all()
    assert (found * np.float32(0.0) == 0).all()
