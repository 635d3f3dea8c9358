"""The one scene that every renderer is measured on, as a file that each can read, whatever else is installed beside it."""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

#: What turns OpenCV's camera axes (x right, y down, z forward) into OpenGL's (x right, y up, z backward).
GL_AXES = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """Meshes, where they lie in each of several arrangements, a camera and two lights. NumPy arrays alone.

    positions, normals (v, 3) float32 in the frame of their body; faces (t, 3) int32, counting within their body; body b owns the rows
    `vertex_start[b]`..`vertex_start[b + 1]` and `face_start[b]`..; colors (b, 3) linear; world_from_body (a, b, 4, 4); world_from_camera
    (4, 4), OpenCV axes; size_px (width, height); focal_px, the principal point being the middle; near_m and far_m, z-depths; the sun's unit
    direction (3,) and irradiance; the spot's position (3,), unit direction (3,), intensity on its axis (W/sr) and half-angles (inner,
    outer); ambient (3,), a radiance.
    """

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    faces: NDArray[np.int32]
    vertex_start: NDArray[np.int64]
    face_start: NDArray[np.int64]
    colors: NDArray[np.float64]
    world_from_body: NDArray[np.float64]
    world_from_camera: NDArray[np.float64]
    size_px: NDArray[np.int64]
    focal_px: NDArray[np.float64]
    near_m: NDArray[np.float64]
    far_m: NDArray[np.float64]
    sun_direction: NDArray[np.float64]
    sun_irradiance: NDArray[np.float64]
    spot_position_m: NDArray[np.float64]
    spot_direction: NDArray[np.float64]
    spot_intensity: NDArray[np.float64]
    spot_angles_rad: NDArray[np.float64]
    ambient: NDArray[np.float64]

    @property
    def bodies(self) -> int:
        return len(self.colors)

    @property
    def fov_y_rad(self) -> float:
        """The angle from the top edge to the bottom edge."""
        return 2 * math.atan(self.size_px[1] / 2 / self.focal_px)

    @property
    def display_colors(self) -> NDArray[np.float64]:
        """(b, 3) colours for renderers that take a screen's numbers for light."""
        return self.colors ** (1 / 2.2)

    def mesh(self, body: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
        """(positions, normals, faces) of one body."""
        vertices = slice(self.vertex_start[body], self.vertex_start[body + 1])
        return self.positions[vertices], self.normals[vertices], self.faces[self.face_start[body] : self.face_start[body + 1]]

    def poses(self, frame: int) -> NDArray[np.float64]:
        """(b, 4, 4) world_from_body of a frame: the arrangements in turn."""
        return self.world_from_body[frame % len(self.world_from_body)]

    def save(self, path: Path) -> None:
        """Write it as an .npz file."""
        np.savez(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            return cls(**arrays)
