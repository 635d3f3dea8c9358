"""Links of robots of PyBullet's data package, to be seen: ``robot:panda/link3``. Their origins are the links' own, where joints are."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.color import mean_color
from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.mesh import Asset, Look
from diorama.sim.assets.meshfile import read_mesh
from diorama.sim.assets.pybullet_data import data_folder
from diorama.sim.assets.surface import Surface, assemble
from diorama.sim.spec import MaterialSpec, Rgb

CATEGORY = ("robot", "robot")
#: Of each link the file that shows it. The package has no others of the first and the last link than those which are touched.
LINKS = {
    "panda/link0": "collision/link0.obj",
    **{f"panda/link{number}": f"visual/link{number}.obj" for number in range(1, 7)},
    "panda/link7": "collision/link7.obj",
    "panda/hand": "visual/hand.obj",
    "panda/finger": "visual/finger.obj",
}
_FOLDER = "franka_panda/meshes"
#: The files have a hundred thousand triangles, with corners nearer to each other than a pixel of most pictures. All in a cell this wide are one.
_CELL_M, _FINGERS_CELL_M = 0.0125, 0.003
#: White in the files is 1, which no paint is.
_WHITEST = 0.75
#: Painted castings.
_ROUGHNESS = 0.45


def load(name: str) -> Asset:
    """The asset of a name that is in `LINKS`. Raises AssetError naming the file."""
    surfaces = _plain(read_mesh(data_folder() / _FOLDER / LINKS[name]), _FINGERS_CELL_M if name.endswith("finger") else _CELL_M)
    positions, faces = geometry.merged([(s.positions, s.faces) for s in surfaces])
    volume, _ = geometry.signed_volume_and_center(positions, faces)
    return assemble(f"robot:{name}", *CATEGORY, surfaces, [positions], volume_and_center=(abs(volume), (0.0, 0.0, 0.0)), source=LINKS[name])


def _plain(surfaces: Iterable[Surface], cell_m: float) -> list[Surface]:
    """One surface for each colour. Pictures on them are of one colour each, and some noise."""
    by_color: dict[Rgb, list[Surface]] = {}
    for surface in surfaces:
        by_color.setdefault(_color(surface.look, surface.uv), []).append(surface)
    out = []
    for color, alike in by_color.items():
        positions, faces = _coarser(*geometry.merged([(s.positions, s.faces) for s in alike]), cell_m)
        out.append(Surface(positions=positions, faces=faces, look=Look(material=MaterialSpec(base_color=color, roughness=_ROUGHNESS))))
    return out


def _color(look: Look, uv: NDArray[np.float64] | None) -> Rgb:
    """A surface's one colour, to a twentieth."""
    red, green, blue = look.material.base_color
    if "base_color" in look.images and uv is not None:
        image = look.images["base_color"]
        height, width = image.shape[:2]
        columns, rows = (np.floor((c - np.floor(c)) * (size - 1)).astype(np.int64) for c, size in zip(uv.T, (width, height), strict=True))
        red, green, blue = mean_color(image[height - 1 - rows, columns][None])
    red, green, blue = (min(round(c * 20) / 20, _WHITEST) for c in (red, green, blue))
    return (red, green, blue)


def _coarser(positions: Points, faces: Faces, cell_m: float) -> tuple[Points, Faces]:
    """The mesh with all corners in a cell made one, in their middle (Rossignac and Borrel 1993), and each of the faces left once."""
    _, cell = np.unique(np.floor(positions / cell_m).astype(np.int64), axis=0, return_inverse=True)
    cell = cell.ravel()
    # One corner after the other, so that sums are rounded alike everywhere.
    counts = np.bincount(cell)
    middles = np.stack([np.bincount(cell, weights=c) / counts for c in positions.T], axis=1)
    faces = cell[faces]
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])]
    _, first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    return middles, faces[np.sort(first)]
