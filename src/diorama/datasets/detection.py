"""A picture and its labels as arrays, in the layout that torchvision's detection models take, and as tensors on the same memory."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from diorama.sim.errors import InvalidValue, MissingExtra, UnknownKey, suggestion
from diorama.sim.frame import Annotations, Sample

if TYPE_CHECKING:
    import torch

#: What a target holds unless other keys are asked for.
KEYS = ("boxes", "labels", "masks", "area", "iscrowd", "image_id", "depth_m")
#: What else can be asked for of a picture that is rendered: the fields of a `Frame` that are arrays, where the plan's channels have them.
CHANNEL_KEYS = ("instance", "normal", "category", "albedo", "object_coordinates", "flow_forward", "flow_backward", "shadow", "radiance")

Target = dict[str, Any]


def checked(keys: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """The keys, each once. Raises UnknownKey for one that is not known."""
    keys = tuple(dict.fromkeys(keys))
    for key in keys:
        if key not in known:
            raise UnknownKey(f'a target has no key "{key}".{suggestion(key, known)}')
    return keys


def rendered(sample: Sample, picture: int, keys: Sequence[str], category_ids: Mapping[str, int], image_id: int) -> tuple[NDArray[np.uint8], Target]:
    """A picture of a sample, rgb (H, W, 3) uint8, and its target, with those `keys` that are asked for.

    boxes (n, 4) float32, x0 y0 x1 y1, half-open; labels (n,) int64, the categories' ids; masks (n, H, W) bool, what is visible of each; area (n,)
    float32, pixels of the masks; iscrowd (n,) int64, zeros; image_id, an int; depth_m (H, W) float32, +inf where nothing is; and channels, as
    `Frame` has them. Raises InvalidValue for a channel that was not rendered.
    """
    frame, labels = sample.frames[picture], sample.annotations[picture]
    if frame.rgb is None:
        raise InvalidValue('a picture to train on needs the channel "rgb"')
    target: Target = {}
    for key in keys:
        if key == "image_id":
            target[key] = image_id
        elif key == "labels":
            bodies = sample.spec.bodies
            target[key] = np.array([category_ids[bodies[i].category or ""] for i in labels.body_index], np.int64)
        elif key in ("boxes", "masks", "area", "iscrowd"):
            target[key] = _of_objects(key, labels, frame.instance)
        else:
            target[key] = getattr(frame, key)
            if target[key] is None:
                raise InvalidValue(f'the plan\'s pictures have no "{key}". Add the channel to the plan: channels: [{key}]')
    return frame.rgb, target


def _of_objects(key: str, labels: Annotations, instance: NDArray[np.int32] | None) -> NDArray[Any]:
    if key == "boxes":
        return labels.box_xyxy.astype(np.float32)
    if key == "area":
        return labels.area_px.astype(np.float32)
    if key == "iscrowd":
        return np.zeros(len(labels), np.int64)
    assert instance is not None, "labels are made of this channel"
    return instance[None] == labels.body_index[:, None, None] + 1


def annotated(entries: Sequence[Mapping[str, Any]], keys: Sequence[str], image_id: int, height: int, width: int) -> Target:
    """The same target from a picture's COCO annotations; all but its depth. Raises KeyError, TypeError or ValueError where they make no sense."""
    target: Target = {}
    for key in keys:
        if key == "image_id":
            target[key] = image_id
        elif key == "boxes":
            boxes = np.array([entry["bbox"] for entry in entries], np.float32).reshape(-1, 4)
            boxes[:, 2:] += boxes[:, :2]
            target[key] = boxes
        elif key == "labels":
            target[key] = np.array([entry["category_id"] for entry in entries], np.int64)
        elif key == "area":
            target[key] = np.array([entry["area"] for entry in entries], np.float32)
        elif key == "iscrowd":
            target[key] = np.array([entry["iscrowd"] for entry in entries], np.int64)
        elif key == "masks":
            target[key] = _decoded([entry["segmentation"] for entry in entries], height, width)
    return target


def _decoded(rles: Sequence[Mapping[str, Any]], height: int, width: int) -> NDArray[np.bool_]:
    if any(list(rle["size"]) != [height, width] for rle in rles):
        raise ValueError(f"a mask has another size than its picture, {width}x{height}")
    if not rles:
        return np.zeros((0, height, width), bool)
    masks: Any = coco_mask.decode([dict(rle) for rle in rles])  # pyright: ignore[reportArgumentType] - its stubs want bytes; it takes text as well
    return np.ascontiguousarray(masks.transpose(2, 0, 1)).view(bool)


def tensors(rgb: NDArray[np.uint8], target: Target) -> tuple["torch.Tensor", Target]:
    """A picture as a tensor (3, H, W), and its target of tensors: views of the same memory, channels last, and no copies."""
    try:
        import torch
    except ImportError:
        raise MissingExtra("tensors of pictures", "torch", "torch") from None

    def tensor(array: NDArray[Any]) -> "torch.Tensor":
        return torch.from_numpy(array if array.flags.writeable else array.copy())  # a tensor can always be written to

    return tensor(rgb).permute(2, 0, 1), {key: tensor(value) if isinstance(value, np.ndarray) else value for key, value in target.items()}


def collate_detection(batch: Iterable[tuple[Any, Target]]) -> tuple[list[Any], list[Target]]:
    """A batch as torchvision's detection models take it: a list of pictures, and a list of targets, which have different numbers of objects."""
    pictures, targets = zip(*batch, strict=True)
    return list(pictures), list(targets)
