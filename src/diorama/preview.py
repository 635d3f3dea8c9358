"""A contact sheet of a written data set, or a video of its sequences: pictures with masks tinted, boxes, names, keypoints and grasps drawn.

The labels are read back through pycocotools from the files alone, so they show what a training job will see.
"""

import colorsys
import io
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO

from diorama.sim.errors import DioramaError, InvalidValue, OutputError

Image = NDArray[Any]  # (h, w, 3) uint8 BGR; OpenCV's own types say less
Color = tuple[int, int, int]

TILE_WIDTH_PX = 480
#: Video formats by their files' names, and the codec of each: MPEG-4, and single JPEGs. Wheels of OpenCV have both.
VIDEOS = {".mp4": "mp4v", ".avi": "MJPG"}
_GAP_PX = 6
_CAPTION_PX = 20
_BACKGROUND = 24
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FONT_SCALE = 0.4
_TINT = 0.45
_HELD, _FAILED = (80, 220, 60), (60, 60, 235)


def contact_sheet(folder: str | Path, *, count: int = 12) -> Image:
    """Draw `count` pictures, spread evenly over the data set, with their labels. Returns (h, w, 3) uint8 BGR, as OpenCV writes it.

    Raises InvalidValue when the folder holds no data set, or a broken one.
    """
    folder = Path(folder)
    if count <= 0:
        raise InvalidValue(f"count must be 1 or more, got {count}")
    coco = _read_labels(folder)
    images: list[Any] = coco.dataset["images"]
    if not images:
        raise InvalidValue(f"{folder}: this data set has no images")
    count = min(count, len(images))
    chosen = [images[i * len(images) // count] for i in range(count)]
    with _making_sense(folder):
        tiles = [_tile(folder, coco, image, "category_id") for image in chosen]
    return grid(tiles, columns=math.ceil(math.sqrt(count)))


def write_video(folder: str | Path, path: str | Path, *, count: int = 12) -> Path:
    """Write the first `count` sequences of a data set as a video, one after the other, the views of a moment side by side; each track has a colour of
    its own. The file's name decides on the format: see `VIDEOS`.

    Raises InvalidValue where there are no sequences, and OutputError when the file cannot be written.
    """
    folder, path = Path(folder), Path(path)
    check_video_name(path)
    coco = _read_labels(folder)
    with _making_sense(folder):
        scenes = _moments(coco.dataset["images"])
        moments = [moment for scene in scenes[:count] for moment in scene]
        if max(map(len, scenes), default=0) < 2:
            raise InvalidValue(f"{folder}: holds no sequences, of which each scene has several frames: ask for them by --frames")
        (first, second), columns = scenes[0][:2], math.ceil(math.sqrt(max(map(len, moments))))
        fps = 1 / (second[0]["time_s"] - first[0]["time_s"])
        with _Film(path, fps) as film:
            for moment in moments:
                film.add(grid([_tile(folder, coco, image, "track_id") for image in moment], columns=columns))
    return path


def _moments(images: list[Any]) -> list[list[list[Any]]]:
    """Pictures by scene and frame: the views of each."""
    scenes: dict[int, dict[int, list[Any]]] = {}
    for image in images:
        scenes.setdefault(image["scene"], {}).setdefault(image["frame"], []).append(image)
    return [list(frames.values()) for frames in scenes.values()]


class _Film:
    """A video file, whole or not at all."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._temporary = path, path.with_name(f".{os.getpid()}.{path.name}")
        self._fps, self._writer = fps, None
        self._size = (0, 0)

    def __enter__(self) -> Self:
        return self

    def add(self, picture: Image) -> None:
        if self._writer is None:
            # Codecs want even sides.
            self._size = picture.shape[1] // 2 * 2, picture.shape[0] // 2 * 2
            code = cv2.VideoWriter.fourcc(*VIDEOS[self._path.suffix.lower()])
            self._writer = cv2.VideoWriter(str(self._temporary), code, self._fps, self._size)
            if not self._writer.isOpened():
                raise OutputError(
                    f"{self._path}: cannot write a video there, or this OpenCV writes none of the kind; try another name, such as film.avi"
                )
        whole = np.full((self._size[1], self._size[0], 3), _BACKGROUND, np.uint8)
        part = picture[: self._size[1], : self._size[0]]
        whole[: part.shape[0], : part.shape[1]] = part
        self._writer.write(whole)

    def __exit__(self, kind: object, *rest: object) -> None:
        if self._writer is not None:
            self._writer.release()
        try:
            if kind is None:
                self._temporary.replace(self._path)
        except OSError as error:
            raise OutputError(f"{self._path}: cannot write the video: {error.strerror}") from None
        finally:
            self._temporary.unlink(missing_ok=True)


@contextmanager
def _making_sense(folder: Path) -> Iterator[None]:
    """Labels come from a file: what is wrong with them is told."""
    try:
        yield
    except DioramaError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError, cv2.error) as error:
        raise InvalidValue(f"{folder}: the labels do not make sense ({type(error).__name__}: {error})") from None


def write_contact_sheet(folder: str | Path, path: str | Path, *, count: int = 12) -> Path:
    """Write the contact sheet as a PNG file, whole or not at all. Raises OutputError when it cannot be written."""
    path = Path(path)
    check_png_name(path)
    write_png(path, contact_sheet(folder, count=count))
    return path


def check_png_name(path: Path) -> None:
    """Raise OutputError unless a sheet can have this name."""
    if path.suffix.lower() != ".png":
        raise OutputError(f"{path}: the sheet is a PNG file; give it a name that ends in .png")


def check_video_name(path: Path) -> None:
    """Raise OutputError unless a video can have this name."""
    if path.suffix.lower() not in VIDEOS:
        raise OutputError(f"{path}: a video's name ends in {' or '.join(VIDEOS)}")


def write_png(path: Path, sheet: Image) -> None:
    """Write a picture, BGR, whole or not at all. Raises OutputError when it cannot be written."""
    _, data = cv2.imencode(".png", sheet)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data.tobytes())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot write the sheet: {error.strerror}") from None


def category_color(category_id: int) -> Color:
    """A bright BGR colour; ids next to each other get hues far apart (steps of the golden angle)."""
    hue = category_id * 0.6180339887498949 % 1.0
    value = (1.0, 0.85)[category_id // 7 % 2]
    r, g, b = colorsys.hsv_to_rgb(hue, 0.8, value)
    return round(b * 255), round(g * 255), round(r * 255)


def _read_labels(folder: Path) -> COCO:
    path = folder / "annotations" / "instances.json"
    if not path.is_file():
        unfinished = " Its run has not finished: go on with diorama generate --resume." if (folder / "records").is_dir() else ""
        raise InvalidValue(f"{folder} holds no data set: {path} is missing.{unfinished}")
    try:
        with redirect_stdout(io.StringIO()):  # pycocotools prints as it loads
            coco = COCO(str(path))
        for table in ("images", "annotations", "categories"):
            if not isinstance(coco.dataset[table], list):
                raise TypeError(f"{table} is no list")
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        raise InvalidValue(f"{path} is not a COCO file ({type(error).__name__}: {error})") from None
    return coco


def _read_image(folder: Path, name: str) -> Image:
    path = folder / "images" / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InvalidValue(f"{folder}: the image {name} lies outside of the data set")
    try:
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise InvalidValue(f"{path}: cannot read this image ({error})") from None
    if image is None:
        raise InvalidValue(f"{path}: this is not an image")
    return image


def _tile(folder: Path, coco: COCO, entry: dict[str, Any], by: str) -> Image:
    """One picture with its labels, each in a colour of its category or track, `by` the key of that."""
    picture = _read_image(folder, entry["file_name"])
    scale = TILE_WIDTH_PX / picture.shape[1]
    size = TILE_WIDTH_PX, max(round(picture.shape[0] * scale), 1)
    tile = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    labels = coco.loadAnns(coco.getAnnIds(imgIds=[entry["id"]]))
    shape = list(picture.shape[:2])
    for claimed in (
        [entry["height"], entry["width"]],
        *(label["segmentation"]["size"] for label in labels if isinstance(label["segmentation"], dict)),
    ):
        if claimed != shape:
            raise InvalidValue(f"{folder}: {entry['file_name']} has {shape[1]}x{shape[0]} pixels, and labels for {claimed[1]}x{claimed[0]}")

    for label in labels:
        color = category_color(label[by])
        mask = cv2.resize(coco.annToMask(label), size, interpolation=cv2.INTER_NEAREST)
        inside = mask.astype(bool)
        tile[inside] = (tile[inside] * (1 - _TINT) + np.array(color) * _TINT).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(tile, contours, -1, color, 1)
    for label in labels:
        x, y, w, h = (v * scale for v in label["bbox"])
        cv2.rectangle(tile, (round(x), round(y)), (round(x + w) - 1, round(y + h) - 1), category_color(label[by]), 1)
        _draw_person(tile, coco.cats[label["category_id"]].get("skeleton", ()), label.get("keypoints", ()), scale, category_color(label[by]))
    for label in labels:  # names last, so that nothing covers them
        left, top = label["bbox"][0] * scale, label["bbox"][1] * scale
        _write_name(tile, coco.cats[label["category_id"]]["name"], left, top, category_color(label[by]))

    grasps = _read_grasps(folder, entry["file_name"])
    for grasp in sorted(grasps, key=lambda grasp: grasp["success"]):  # those that held on top
        _draw_grasp(tile, grasp, scale)

    caption = np.full((_CAPTION_PX, size[0], 3), _BACKGROUND, np.uint8)
    text = f"{entry['file_name']}   {len(labels)} objects"
    if grasps:
        text += f"   {sum(grasp['success'] for grasp in grasps)} of {len(grasps)} grasps held"
    cv2.putText(caption, text, (4, _CAPTION_PX - 6), _FONT, _FONT_SCALE, (220, 220, 220), 1, cv2.LINE_AA)
    return np.vstack([tile, caption])


def _read_grasps(folder: Path, name: str) -> list[Any]:
    """The grasps of a picture that were tried and are seen in it, where the data set has a file of them."""
    path = folder / "grasps" / f"{Path(name).stem}.json"
    if not path.is_file():
        return []
    try:
        grippers = json.loads(path.read_bytes())["grippers"]
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidValue(f"{path}: cannot read these grasps ({error})") from None
    return [grasp for one in grippers for grasp in one["grasps"] if isinstance(grasp["success"], bool) and grasp["visible"]]


def _draw_grasp(tile: Image, grasp: Any, scale: float) -> None:
    """The jaws, and a thin line between them; of a suction cup, where it sits. Green where it held, else red."""
    color = _HELD if grasp["success"] else _FAILED
    rectangle = grasp.get("rectangle")
    if rectangle is None:
        if grasp["place"] is not None:
            x, y = (round(v * scale) for v in grasp["place"])
            cv2.circle(tile, (x, y), 4, color, 1, cv2.LINE_AA)
        return
    u, v, angle, opening, jaw = (float(number) for number in rectangle)
    c, s = math.cos(angle) / 2, math.sin(angle) / 2
    ends = [((u + way * opening * c) * scale, (v + way * opening * s) * scale) for way in (-1, 1)]
    dx, dy = -s * jaw * scale, c * jaw * scale
    (x0, y0), (x1, y1) = ends
    cv2.line(tile, (round(x0), round(y0)), (round(x1), round(y1)), color, 1, cv2.LINE_AA)
    for x, y in ends:
        cv2.line(tile, (round(x - dx), round(y - dy)), (round(x + dx), round(y + dy)), color, 2, cv2.LINE_AA)


def _draw_person(tile: Image, skeleton: Any, keypoints: Any, scale: float, color: Color) -> None:
    """Bones, and joints: filled where they are seen, and rings where they are hidden."""
    points = [(round(u * scale), round(v * scale), seen) for u, v, seen in zip(keypoints[::3], keypoints[1::3], keypoints[2::3], strict=True)]
    for a, b in skeleton:
        if points and points[a - 1][2] and points[b - 1][2]:
            cv2.line(tile, points[a - 1][:2], points[b - 1][:2], color, 1, cv2.LINE_AA)
    for x, y, seen in points:
        if seen:
            cv2.circle(tile, (x, y), 2, color, cv2.FILLED if seen == 2 else 1, cv2.LINE_AA)


def _write_name(tile: Image, name: str, left: float, top: float, color: Color) -> None:
    """Black or white on the category's colour, above the box's corner, or inside where the picture ends."""
    (width, height), baseline = cv2.getTextSize(name, _FONT, _FONT_SCALE, 1)
    luma = 0.114 * color[0] + 0.587 * color[1] + 0.299 * color[2]  # ITU-R BT.601
    ink = (0, 0, 0) if luma > 110 else (255, 255, 255)
    x = min(max(round(left), 0), max(tile.shape[1] - width - 4, 0))
    y = max(round(top) - height - baseline - 2, 0)
    cv2.rectangle(tile, (x, y), (x + width + 3, y + height + baseline + 1), color, cv2.FILLED)
    cv2.putText(tile, name, (x + 2, y + height + 1), _FONT, _FONT_SCALE, ink, 1, cv2.LINE_AA)


def grid(tiles: list[Image], columns: int) -> Image:
    """Pictures of one width, side by side in rows."""
    width = tiles[0].shape[1]
    height = max(tile.shape[0] for tile in tiles)
    rows = math.ceil(len(tiles) / columns)
    sheet = np.full((rows * (height + _GAP_PX) + _GAP_PX, columns * (width + _GAP_PX) + _GAP_PX, 3), _BACKGROUND, np.uint8)
    for i, tile in enumerate(tiles):
        y, x = _GAP_PX + i // columns * (height + _GAP_PX), _GAP_PX + i % columns * (width + _GAP_PX)
        sheet[y : y + tile.shape[0], x : x + width] = tile
    return sheet
