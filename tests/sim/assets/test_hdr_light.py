"""The light that HDR maps give, and the sun in them, against closed forms."""

import math

import cv2
import numpy as np
import pytest

from diorama.sim.assets.hdr import cosines, darkened, luminances
from diorama.sim.assets.hdr_light import hdr_light, measured
from diorama.sim.errors import AssetError
from diorama.sim.spec import Highlight

TOWARD = (math.cos(0.7) * math.cos(2.0), math.cos(0.7) * math.sin(2.0), math.sin(0.7))


def even(height=128, color=(0.5, 1.0, 2.0)):
    return np.broadcast_to(np.asarray(color, np.float32), (height, 2 * height, 3)).copy()


def sunny(height=512, radius=0.02, radiance=20000.0, toward=TOWARD):
    picture = even(height, (0.2, 0.25, 0.4))
    picture[cosines(height, toward) > math.cos(radius)] = radiance
    return picture


def of_disc(radius, radiance):
    """The irradiance on what faces a disc."""
    return radiance * math.pi * math.sin(radius) ** 2


def test_an_even_sky_gives_pi_times_its_radiance():
    assert measured(even()).irradiance == pytest.approx((math.pi * 0.5, math.pi, 2 * math.pi), rel=1e-6)
    assert measured(even()).sun is None


def test_what_is_below_the_horizon_lights_no_ground():
    picture = even()
    picture[64:] = 1000
    assert measured(picture).irradiance == pytest.approx((math.pi * 0.5, math.pi, 2 * math.pi), rel=1e-6)
    assert measured(picture).sun is None


def test_light_goes_with_the_sine_of_elevation():
    """A sky whose radiance is the sine of elevation gives 2 pi / 3."""
    picture = np.maximum(cosines(256, (0, 0, 1)), 0)[..., None] * np.ones(3)
    assert measured(picture.astype(np.float32)).irradiance == pytest.approx((2 * math.pi / 3,) * 3, rel=1e-4)


@pytest.mark.parametrize("height", [512, 1024, 1100])
def test_the_sun_is_found(height):
    light = measured(sunny(height))
    assert light.sun is not None and light.highlight is not None
    assert -np.array(light.sun.direction) == pytest.approx(TOWARD, abs=2e-3)
    assert light.sun.irradiance == pytest.approx((of_disc(0.02, 20000),) * 3, rel=0.08)  # a disc of few pixels
    assert light.sun.angular_diameter_rad == pytest.approx(0.04, rel=0.1)


def test_taking_the_sun_out_and_putting_it_back_changes_no_light():
    picture = sunny()
    whole = measured(picture)
    assert whole.sun is not None
    rest = measured(darkened(picture, whole.highlight))
    assert rest.sun is None
    up = -whole.sun.direction[2]
    assert [r + s * up for r, s in zip(rest.irradiance, whole.sun.irradiance, strict=True)] == pytest.approx(whole.irradiance, rel=1e-3)


def test_only_the_highlight_is_darkened_and_colours_stay():
    picture = sunny()
    picture[0] = 5000  # brighter than the limit, elsewhere
    spot = Highlight(direction=TOWARD, radius_rad=0.1, luminance=3.0)
    dark = darkened(picture, spot)
    assert dark.dtype == np.float32
    there = (cosines(512, TOWARD) > math.cos(0.1)) & (luminances(picture) > 3)
    assert luminances(dark)[there] == pytest.approx(3.0, rel=1e-6)
    np.testing.assert_array_equal(dark[~there], picture[~there])
    assert darkened(picture, None) is picture
    red = picture * np.float32([1, 0.5, 0.25])
    assert darkened(red, spot)[there] / darkened(red, spot)[there][:, :1] == pytest.approx(
        np.broadcast_to([1, 0.5, 0.25], (there.sum(), 3)), rel=1e-5
    )


def test_a_faint_or_low_spot_is_left_where_it_is():
    assert measured(sunny(radiance=30.0, radius=0.005)).sun is None
    assert measured(sunny(toward=(1.0, 0.0, 0.001))).sun is None


def test_a_picture_without_light():
    assert measured(np.zeros((16, 32, 3), np.float32)).irradiance == (0, 0, 0)


def test_files_are_read_again_when_they_change(tmp_path):
    path = tmp_path / "a.hdr"
    for color in ((1.0, 1.0, 1.0), (2.0, 2.0, 2.0)):
        cv2.imwrite(str(path), even(32, color))
        path.touch()
        assert hdr_light(path).irradiance == pytest.approx([math.pi * c for c in color], rel=1e-2)
    with pytest.raises(AssetError, match=r"gone\.hdr: cannot be read"):
        hdr_light(tmp_path / "gone.hdr")
