"""Eight places of a cut-out are told at once as each is told by itself, to the last bit."""

import numpy as np
import pytest

from diorama.sim.render.raster.device import wp
from diorama.sim.render.raster.presence import Chart, Columns, Presence, is_there, there_in_row

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})


@wp.kernel
def told_both_ways(
    texels: wp.array(dtype=wp.uint32),
    whole: wp.array(dtype=wp.vec3d),
    u: wp.array(dtype=wp.vec3d),
    v: wp.array(dtype=wp.vec3d),
    entry: wp.vec4i,
    at: wp.array(dtype=wp.vec2d),
    lanes: int,
    together: wp.array(dtype=int),
    alone: wp.array(dtype=int),
):
    i = wp.tid()
    chart = Chart()
    chart.whole = whole[i]
    chart.u = u[i]
    chart.v = v[i]
    chart.low = wp.vec2(0.0, 0.0)
    chart.high = wp.vec2(2.0, 2.0)
    chart.entry = entry
    chart.least = 0.5
    presence = Presence()
    presence.texels = texels
    places = Columns()
    for k in range(8):
        places[k] = at[i][0] + wp.float64(k)
    together[i] = there_in_row(texels, chart, places, at[i][1], lanes)
    for k in range(8):
        if (lanes >> k) & 1 == 1 and is_there(presence, chart, wp.vec3d(places[k], at[i][1], wp.float64(1.0)), wp.float64(0.0)):
            alone[i] = alone[i] | (1 << k)


@pytest.mark.parametrize("lanes", [255, 1, 128, 0b01100101])
@pytest.mark.parametrize("spread", [0.002, 0.05, 0.6])
def test_eight_at_once_are_as_one_by_one(lanes, spread):
    rng = np.random.default_rng(7)
    count, side = 3000, 32
    levels = [rng.integers(0, 2**32, (side >> k) ** 2, dtype=np.uint64).astype(np.uint32) for k in range(6)]
    whole = np.column_stack([rng.normal(0, 1e-4, (count, 2)), rng.uniform(0.5, 2.0, count)])
    u, v = (np.column_stack([rng.normal(0, spread, (count, 2)), rng.uniform(0, 2, count)]) for _ in range(2))
    together, alone = (wp.zeros(count, dtype=int, device="cpu") for _ in range(2))
    arrays = [wp.array(a, dtype=wp.vec3d, device="cpu") for a in (whole, u, v)]
    at = wp.array(np.floor(rng.uniform(0, 700, (count, 2))) + 0.5, dtype=wp.vec2d, device="cpu")
    texels = wp.array(np.concatenate(levels), dtype=wp.uint32, device="cpu")
    wp.launch(told_both_ways, dim=count, inputs=[texels, *arrays, wp.vec4i(0, side, side, 6), at, lanes, together, alone], device="cpu")
    one, other = together.numpy(), alone.numpy()
    assert np.array_equal(one, other)
    assert not (one & ~lanes).any()
    if lanes == 255:
        shares = np.unpackbits(one.astype(np.uint8)).mean()
        assert 0.2 < shares < 0.8
