"""Products from photographs of their faces: a box, or a card as thin as one likes, with a picture on each side that was photographed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.images import IMAGE_SUFFIXES, read_photo
from diorama.sim.assets.mesh import Image, Look
from diorama.sim.assets.surface import Surface
from diorama.sim.errors import AssetError
from diorama.sim.spec import MaterialSpec, Vec3

Side = Literal["front", "back", "left", "right", "top", "bottom"]
SIDES: tuple[Side, ...] = get_args(Side)

#: A product whose sides were not photographed, and whose depth is not given, is a card.
CARD_M = 0.003
_ROUGHNESS = 0.45

#: Corners of each side in halves of the size, bottom left first and counter-clockwise as its picture shows it. The front faces -y.
_CORNERS: dict[Side, tuple[Vec3, Vec3, Vec3, Vec3]] = {
    "front": ((-1, -1, -1), (1, -1, -1), (1, -1, 1), (-1, -1, 1)),
    "right": ((1, -1, -1), (1, 1, -1), (1, 1, 1), (1, -1, 1)),
    "back": ((1, 1, -1), (-1, 1, -1), (-1, 1, 1), (1, 1, 1)),
    "left": ((-1, 1, -1), (-1, -1, -1), (-1, -1, 1), (-1, 1, 1)),
    "top": ((-1, -1, 1), (1, -1, 1), (1, 1, 1), (-1, 1, 1)),
    "bottom": ((-1, 1, -1), (1, 1, -1), (1, -1, -1), (-1, -1, -1)),
}
#: Which of width, depth and height a side's picture is wide and high.
_EXTENT: dict[Side, tuple[int, int]] = {"front": (0, 2), "back": (0, 2), "left": (1, 2), "right": (1, 2), "top": (0, 1), "bottom": (0, 1)}


def face_pictures(path: Path) -> dict[Side, Path]:
    """The pictures of a product: those named after sides in a folder, or a picture as the front alone. Empty when there is no front."""
    if path.is_file():
        return {"front": path} if path.suffix.lower() in IMAGE_SUFFIXES else {}
    found: dict[Side, Path] = {}
    for file in sorted(path.iterdir()):
        for side in SIDES:
            if side == file.stem.lower() and file.suffix.lower() in IMAGE_SUFFIXES:
                found.setdefault(side, file)
    return found if "front" in found else {}


def pictures_of(front: Path, others: tuple[Path, ...]) -> dict[Side, Path]:
    """The pictures of a product by their sides, which the others' names say."""
    named = {file.stem.lower(): file for file in others}
    found: dict[Side, Path] = {side: named[side] for side in SIDES if side in named}
    found["front"] = front
    return found


def read_faces(
    pictures: Mapping[Side, Path], *, width_m: float | None = None, height_m: float | None = None, depth_m: float | None = None
) -> list[Surface]:
    """The surfaces of a product about its middle, upright, front towards -y, from pictures that each show one side and nothing else.

    One of width and height is needed; what else is not given follows from the shapes of the pictures. Sides without a picture have the mean colour of
    the front's rim. Raises AssetError for a picture that cannot be read, and where no size is given.
    """
    images: dict[Side, Image] = {side: read_photo(path) for side, path in pictures.items()}
    return box_of(images, sizes(images, width_m, height_m, depth_m, source=str(pictures["front"])))


def sizes(images: Mapping[Side, Image], width_m: float | None, height_m: float | None, depth_m: float | None, *, source: str) -> Vec3:
    """Width, depth and height in metres, of which those that are not given follow from how tall the pictures are for their width."""
    known: list[float | None] = [width_m, depth_m, height_m]
    if width_m is None and height_m is None:
        raise AssetError(f"{source}: how large is this product? Give its width_m or height_m")
    for side in SIDES:
        if side not in images:
            continue
        across, along = _EXTENT[side]
        rows, columns = images[side].shape[:2]
        first, second = known[across], known[along]
        if first is None and second is not None:
            known[across] = second * columns / rows
        elif second is None and first is not None:
            known[along] = first * rows / columns
    width, depth, height = (CARD_M if size is None else size for size in known)
    return (width, depth, height)


def box_of(images: Mapping[Side, Image], size_m: Vec3) -> list[Surface]:
    """Six sides of a box of (width, depth, height) metres about the origin."""
    rim = np.concatenate([part.reshape(-1, part.shape[-1])[:, :3] for part in _rim(images["front"])])
    red, green, blue = (int(total) / (255 * len(rim)) for total in rim.sum(axis=0, dtype=np.int64))
    plain = Look(material=MaterialSpec(base_color=linear_rgb(red, green, blue), roughness=_ROUGHNESS))
    printed = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=_ROUGHNESS)
    half = np.array(size_m) / 2
    return [
        Surface(
            positions=np.array(_CORNERS[side], float) * half,
            faces=np.array([[0, 1, 2], [0, 2, 3]], np.int64),
            uv=np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float),
            look=Look(material=printed, images={"base_color": np.ascontiguousarray(images[side][..., :3])}) if side in images else plain,
            piece="box",
        )
        for side in SIDES
    ]


def _rim(image: Image) -> tuple[Image, Image, Image, Image]:
    return image[0], image[-1], image[:, 0], image[:, -1]
