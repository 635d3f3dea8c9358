"""Wavefront OBJ files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.mtl import read_mtl
from diorama.sim.assets.references import statement_file
from diorama.sim.assets.surface import Surface
from diorama.sim.errors import AssetError

Corner = tuple[int, int, int]  # numbers of position, uv and normal, from 0; -1 for none


def read_obj(path: Path) -> list[Surface]:
    """The surfaces of an OBJ file: one for each run of faces with one object and material. Polygons become fans.

    Raises AssetError naming the file and line.
    """
    positions: list[list[float]] = []
    uvs: list[list[float]] = []
    normals: list[list[float]] = []
    groups: dict[tuple[str, str], list[Corner]] = {}
    materials: dict[str, Look] = {}
    known: dict[str, Corner] = {}
    piece = material = ""
    corners = groups.setdefault((piece, material), [])
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise AssetError(f"{path}: cannot be read ({error.strerror})") from None
    number = 0
    try:
        for number, line in enumerate(text.replace("\\\n", " ").splitlines(), 1):  # noqa: B007 - the message below tells it
            words = line.split()
            if not words:
                continue
            word = words[0]
            if word == "v":
                positions.append([float(words[1]), float(words[2]), float(words[3])])
            elif word == "f":
                corners += _fan(words[1:], (len(positions), len(uvs), len(normals)), known)
            elif word == "vt":
                uvs.append([float(words[1]), float(words[2])])
            elif word == "vn":
                normals.append([float(words[1]), float(words[2]), float(words[3])])
            elif word == "o":
                piece = line.partition(" ")[2].strip()
                corners = groups.setdefault((piece, material), [])
            elif word == "usemtl":
                material = line.partition(" ")[2].strip()
                corners = groups.setdefault((piece, material), [])
            elif word == "mtllib":
                materials |= read_mtl(path.parent / statement_file(line))
    except (ValueError, IndexError) as error:
        raise AssetError(f"{path}: line {number} cannot be read ({error})") from None
    places, pictured, upright = np.array(positions), np.array(uvs), np.array(normals)
    surfaces = [
        _surface(corners, places, pictured, upright, materials.get(material, Look()), piece)
        for (piece, material), corners in groups.items()
        if corners
    ]
    if not surfaces:
        raise AssetError(f"{path}: holds no faces, it is empty or not an OBJ mesh")
    return surfaces


def _fan(words: list[str], counts: Corner, known: dict[str, Corner]) -> list[Corner]:
    polygon: list[Corner] = []
    for word in words:
        corner = known.get(word)
        if corner is None:
            corner = _corner(word, counts)
            if "-" not in word:  # means the same wherever it stands
                known[word] = corner
        polygon.append(corner)
    if len(polygon) < 3:
        raise ValueError("a face needs three corners")
    return polygon if len(polygon) == 3 else [c for k in range(1, len(polygon) - 1) for c in (polygon[0], polygon[k], polygon[k + 1])]


def _corner(word: str, counts: Corner) -> Corner:
    index: list[int] = []
    for text, count in zip((word + "//").split("/")[:3], counts, strict=True):
        i = int(text) if text else 0
        i = count + i if i < 0 else i - 1  # negative numbers count back from the latest
        if text and not 0 <= i < count:
            raise ValueError(f"index {text} is out of range, {count} were defined")
        index.append(i)
    if index[0] < 0:
        raise ValueError(f'"{word}" names no vertex')
    return index[0], index[1], index[2]


def _surface(corners: list[Corner], positions: Points, uvs: NDArray[np.float64], normals: Points, look: Look, piece: str) -> Surface:
    index = np.array(corners, np.int64)
    has_uv, has_normals = bool((index[:, 1] >= 0).all()), bool((index[:, 2] >= 0).all())
    if not has_uv:
        look = look.plain()  # nothing says where on its pictures a face lies
    key = index[:, 0]
    if has_uv:
        key = key * len(uvs) + index[:, 1]
    if has_normals:
        key = key * len(normals) + index[:, 2]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    index = index[first]
    return Surface(
        positions=positions[index[:, 0]],
        faces=inverse.reshape(-1, 3),
        uv=uvs[index[:, 1]] if has_uv else None,
        normals=normals[index[:, 2]] if has_normals else None,
        look=look,
        piece=piece,
    )
