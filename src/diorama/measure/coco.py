"""COCO files of others: which objects are where in which pictures."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diorama.randomizers.distributions.base import is_number
from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Box:
    """An object: its category, and its box (left, top, width, height) in pixels."""

    category: str
    xywh: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture's size in pixels, its file as the labels name it, and the objects in it."""

    file_name: str
    width: int
    height: int
    boxes: tuple[Box, ...]


def read_coco(path: Path) -> tuple[Labelled, ...]:
    """The pictures of a COCO file in the order of their ids, those without objects included. Crowds and boxes without area are left out.

    Raises InvalidValue for what cannot be read or makes no sense.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidValue(f"{path}: cannot read these labels: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"{path}: this is no JSON file: {error}") from None
    if not isinstance(document, dict):
        raise InvalidValue(f"{path}: COCO labels are a mapping with images, annotations and categories")
    categories = {_whole(c, "id", path): _text(c, "name", path) for c in _entries(document, "categories", path)}
    images = {_whole(i, "id", path): i for i in _entries(document, "images", path)}
    if not images:
        raise InvalidValue(f"{path}: there are no images in these labels")
    boxes: dict[int, list[Box]] = {image_id: [] for image_id in images}
    for annotation in _entries(document, "annotations", path):
        image_id, category_id = _whole(annotation, "image_id", path), _whole(annotation, "category_id", path)
        if image_id not in images or category_id not in categories:
            raise InvalidValue(f"{path}: an annotation is of image {image_id} and category {category_id}, which are not both listed")
        xywh = annotation.get("bbox")
        if not isinstance(xywh, list) or len(xywh) != 4 or not all(is_number(x) for x in xywh):
            raise InvalidValue(f"{path}: a box is [left, top, width, height], got {xywh!r} in image {image_id}")
        if not annotation.get("iscrowd") and xywh[2] > 0 and xywh[3] > 0:
            x, y, w, h = (float(v) for v in xywh)
            boxes[image_id].append(Box(categories[category_id], (x, y, w, h)))
    pictures = []
    for image_id in sorted(images):
        width, height = _whole(images[image_id], "width", path), _whole(images[image_id], "height", path)
        if width < 1 or height < 1:
            raise InvalidValue(f"{path}: image {image_id} is {width} x {height} pixels")
        pictures.append(Labelled(_text(images[image_id], "file_name", path), width, height, tuple(boxes[image_id])))
    return tuple(pictures)


def _entries(document: dict[str, Any], key: str, path: Path) -> list[dict[str, Any]]:
    entries = document.get(key)
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise InvalidValue(f'{path}: COCO labels have a list of mappings "{key}"')
    return entries


def _whole(entry: dict[str, Any], key: str, path: Path) -> int:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue(f'{path}: expected a whole number "{key}", got {value!r}')
    return value


def _text(entry: dict[str, Any], key: str, path: Path) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidValue(f'{path}: expected a text "{key}", got {value!r}')
    return value
