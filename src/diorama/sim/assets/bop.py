"""``models_info.json`` of BOP model folders: which motions leave an object looking the same.

Format: https://github.com/thodan/bop_toolkit, bop_datasets_format.md. Numbers are millimetres.
"""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from diorama.sim.assets.mesh import Symmetries
from diorama.sim.errors import AssetError
from diorama.sim.spec import Vec3
from diorama.sim.transforms import Matrix, compose, invert, normalize

#: What a rotation written with a few digits may be off by.
_TOLERANCE = 1e-3


def symmetries(model: Path, info: Path, body_from_model: Matrix) -> Symmetries:
    """Those of a model, ``obj_000001.ply``, in its body frame. `body_from_model` (4, 4) turns the file's numbers into metres of the body.

    Raises AssetError naming the file.
    """
    number = int(re.sub(r"\D", "", model.stem))
    try:
        document = json.loads(info.read_bytes())
        entry = document.get(str(number)) if isinstance(document, dict) else None
    except (OSError, ValueError, RecursionError) as error:
        raise AssetError(f"{info}: cannot be read ({error})") from None
    if not isinstance(entry, dict):
        raise AssetError(f'{info}: has no entry "{number}" for {model.name}')
    try:
        discrete = [_rigid(numbers) for numbers in entry.get("symmetries_discrete", [])]
        axes = [(_triple(s["axis"]), _triple(s.get("offset", (0.0, 0.0, 0.0)))) for s in entry.get("symmetries_continuous", [])]
        return Symmetries(
            discrete=tuple(_conjugate(m, body_from_model) for m in discrete),
            continuous=tuple(_line(axis, point, body_from_model) for axis, point in axes),
        )
    except (TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError) as error:
        raise AssetError(f'{info}: the symmetries of "{number}" cannot be read ({error})') from None


def _rigid(numbers: Any) -> Matrix:
    """A (4, 4) from 16 numbers, row by row."""
    values = [float(v) for v in numbers]
    if len(values) != 16 or not all(math.isfinite(v) for v in values):
        raise ValueError("a discrete symmetry has 16 numbers")
    m = np.array(values).reshape(4, 4)
    turn = m[:3, :3]
    if np.abs(compose(turn, turn.T) - np.eye(3)).max() > _TOLERANCE or np.abs(m[3] - (0, 0, 0, 1)).max() > _TOLERANCE:
        raise ValueError("a discrete symmetry is a rotation and a translation")
    return m


def _triple(numbers: Any) -> Vec3:
    x, y, z = (float(v) for v in numbers)
    if not all(math.isfinite(v) for v in (x, y, z)):
        raise ValueError("an axis and its offset are finite")
    return x, y, z


def _conjugate(m: Matrix, body_from_model: Matrix) -> Matrix:
    """A motion of the model as one of the body."""
    scale = math.sqrt(sum(v * v for v in body_from_model[:3, 0].tolist()))
    rigid, moved = body_from_model.copy(), m.copy()
    rigid[:3, :3] = rigid[:3, :3] / scale
    moved[:3, 3] = moved[:3, 3] * scale
    return compose(rigid, moved, invert(rigid))


def _line(axis: Vec3, point: Vec3, body_from_model: Matrix) -> tuple[Vec3, Vec3]:
    direction = compose(body_from_model, np.array([*axis, 0.0])[:, None])[:3, 0].tolist()
    x, y, z = compose(body_from_model, np.array([*point, 1.0])[:, None])[:3, 0].tolist()
    return normalize(direction), (x, y, z)
