"""The kernel of rays against `sim/lens.py`, which it repeats: the same bits, and nothing where that sees nothing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.lens import rays_at
from diorama.sim.render.raster.lens_rays import by_pixel, steps, traced
from diorama.sim.spec import BrownConrady, CameraSpec, KannalaBrandt

coefficient, shift = st.floats(-0.5, 0.5), st.sampled_from([0.0, -0.03, 0.001, 0.05])
lenses = st.one_of(
    st.builds(BrownConrady, k1=coefficient, k2=coefficient, k3=coefficient, p1=shift, p2=shift),
    st.builds(KannalaBrandt, k1=coefficient, k2=coefficient, k3=coefficient, k4=coefficient),
)


@settings(max_examples=60, deadline=None)
@given(lens=lenses, focal=st.floats(15, 200), middle=st.floats(-20, 90), step=st.sampled_from([1, 3]))
def test_rays_are_those_of_the_lens_to_the_last_bit(lens, focal: float, middle: float, step: int) -> None:
    """Of several grids, within the picture and far beyond, in rows that are no multiple of eight."""
    camera = CameraSpec(width=70, height=50, fx=focal, fy=focal * 0.97, cx=middle, cy=25.3, distortion=lens)
    u = np.array([[0.125], [-90.0]]) + step * np.arange(67)
    v = np.array([[0.875], [-40.0]]) + step * np.arange(45)
    found = by_pixel(traced(camera, u, v, "cpu"))
    places = np.stack(np.broadcast_arrays(u[:, None, :], v[:, :, None]), axis=-1)
    expected = np.nan_to_num(rays_at(camera, places.reshape(-1, 2))).reshape(2, 45, 67, 3)
    assert found[:, :, :67].tobytes() == expected.tobytes()


def test_steps_are_central_differences_as_far_as_there_are_neighbours() -> None:
    """A rim inside the picture: pixels beyond it see nothing, and those just within have neighbours on one side."""
    camera = CameraSpec(width=70, height=50, fx=30, fy=30, cx=35, cy=25, distortion=KannalaBrandt(k1=-0.4))
    u, v = np.arange(70)[None] + 0.5, np.arange(50)[None] + 0.5
    traced_rays = traced(camera, u, v, "cpu")[0]
    rays, found = by_pixel(traced_rays)[:, :70], steps(traced_rays, 70).numpy().reshape(50, 70, 3, 3)
    seen = (rays != 0).any(axis=-1)
    assert 0.1 < seen.mean() < 0.9
    known = np.where(seen[..., None], rays, np.nan)
    assert np.array_equal(found[..., 0, :], rays.astype(np.float32))
    for row, axis in ((1, 1), (2, 0)):
        padded = np.pad(known, [(1, 1) if a == axis else (0, 0) for a in range(3)], constant_values=np.nan)
        ahead = np.take(padded, np.arange(2, padded.shape[axis]), axis=axis) - known
        behind = known - np.take(padded, np.arange(padded.shape[axis] - 2), axis=axis)
        both = np.isfinite(ahead) & np.isfinite(behind)
        change = np.where(both, (ahead + behind) / 2, np.where(np.isfinite(ahead), ahead, np.nan_to_num(behind)))
        assert np.array_equal(found[..., row, :], change.astype(np.float32))
