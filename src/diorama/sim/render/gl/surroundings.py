"""What surrounds a scene, for the fragment shader: a blend of two colours, or maps of radiance."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.hdr import read_map
from diorama.sim.render.raster.clouds import cloudy_map
from diorama.sim.spec import EnvironmentSpec, HdrMap, Rgb

#: Rows of a map that is looked at, at most, of a sky's and of a cloudy one's; of one that lights; and of what it gives to dull surfaces.
_SHARP_ROWS, _SKY_ROWS, _CLOUDY_ROWS, _LIGHT_ROWS, _DULL_ROWS = 1024, 256, 512, 32, 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """An environment. `picture` (h, 2 h, 3) float32 is equirectangular, as `HdrMap` has it, and turned by `turn_rad`; None: `sky` and `ground`
    are blended. `dull` (n, 2 n, 3) is what a white dull surface shows by its normal. `backdrop` says that not they are
    seen by the camera, but `top` and `bottom`.
    """

    sky: Rgb
    ground: Rgb
    top: Rgb
    bottom: Rgb
    backdrop: bool
    picture: NDArray[np.float32] | None = None
    dull: NDArray[np.float32] | None = None
    turn_rad: float = 0.0


def surroundings(spec: EnvironmentSpec) -> Surroundings:
    """Raises AssetError naming an HDR map that cannot be used."""
    picture, turn = None, 0.0
    if isinstance(spec.surroundings, HdrMap):
        picture, turn = read_map(spec.surroundings) * np.float32(spec.surroundings.strength), spec.surroundings.turn_rad
        if len(picture) > _SHARP_ROWS:
            picture = np.asarray(cv2.resize(picture, (2 * _SHARP_ROWS, _SHARP_ROWS), interpolation=cv2.INTER_AREA), np.float32)
    elif spec.surroundings is not None:
        picture = cloudy_map(spec.surroundings, _SKY_ROWS if spec.surroundings.clouds is None else _CLOUDY_ROWS)
    return Surroundings(
        sky=spec.sky,
        ground=spec.ground,
        top=spec.background_top or spec.sky,
        bottom=spec.background_bottom or spec.ground,
        backdrop=spec.background_top is not None or spec.background_bottom is not None,
        picture=picture,
        dull=None if picture is None else _dull(picture),
        turn_rad=turn,
    )


def _dull(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean radiance about every normal, weighted by the cosine."""
    light = cv2.resize(picture, (2 * _LIGHT_ROWS, _LIGHT_ROWS), interpolation=cv2.INTER_AREA).reshape(-1, 3)
    towards, share = _directions(_LIGHT_ROWS)
    normals, _ = _directions(_DULL_ROWS)
    cosine = sum(normals[:, k, None] * towards[None, :, k] for k in range(3))
    weights = np.maximum(cosine, 0.0) * share
    weights /= weights.sum(axis=1, keepdims=True)
    dull = np.stack([(weights * light[:, c]).sum(axis=1) for c in range(3)], axis=-1)
    return dull.reshape(_DULL_ROWS, 2 * _DULL_ROWS, 3).astype(np.float32)


def _directions(rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit directions (2 rows^2, 3) of an equirectangular picture's pixels, and their solid angles up to a factor."""
    polar = [math.pi * (i + 0.5) / rows for i in range(rows)]
    turns = [math.pi * (1 - (j + 0.5) / rows) for j in range(2 * rows)]
    level = np.repeat([math.sin(a) for a in polar], 2 * rows)
    x, y = (np.tile([f(a) for a in turns], rows) for f in (math.cos, math.sin))
    return np.stack([level * x, level * y, np.repeat([math.cos(a) for a in polar], 2 * rows)], axis=1), level
