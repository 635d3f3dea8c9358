"""Samples made without any engine: labels counted from an instance map by pycocotools and plain loops."""

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from diorama.sim.frame import Annotations, Frame, Provenance, Sample
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, CameraSpec, MeshShape, Pose, SceneSpec
from diorama.sim.transforms import look_at

CATEGORIES = (("box", "shape"), ("can", "container"), ("mug", "container"))


def rle(mask: NDArray[np.bool_]) -> dict:
    encoded = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(encoded["size"]), "counts": encoded["counts"].decode("ascii")}


def box(mask: NDArray[np.bool_]) -> list[int]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def bodies(count: int) -> tuple[BodySpec, ...]:
    """A table and `count` objects of all categories in turn; the first is a primitive, the others meshes."""
    objects = (
        BodySpec(
            name=f"object-{i}",
            shape=MeshShape(asset=f"household:{CATEGORIES[i % 3][0]}/{i}") if i else BoxShape(size_m=(0.1, 0.1, 0.1)),
            category=CATEGORIES[i % 3][0],
        )
        for i in range(count)
    )
    return (BodySpec(name="table", shape=BoxShape(size_m=(1, 1, 0.1))), *objects)


def label(instance: NDArray[np.int32], count: int, rng: np.random.Generator) -> Annotations:
    """Labels of the objects (instance ids 2 to count + 1) in a map; what is geometry is drawn by chance."""
    ids = [i for i in range(2, count + 2) if (instance == i).any()]
    masks = [instance == i for i in ids]
    n = len(ids)
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, :3] = rng.normal(size=(n, 3, 4))
    boxes = np.array([box(m) for m in masks], np.int32).reshape(n, 4)
    area = np.array([m.sum() for m in masks], np.int32)
    return Annotations(
        body_index=np.array(ids, np.int32) - 1,
        area_px=area,
        box_xyxy=boxes,
        amodal_box_xyxy=boxes + np.array([-3, -2, 1, 0], np.int32),
        amodal_area_px=area,
        visible_fraction=rng.uniform(size=n),
        truncated_fraction=rng.uniform(size=n),
        depth_m=rng.uniform(0.5, 2, size=n),
        camera_from_body=poses,
        size_m=rng.uniform(0.01, 0.1, size=(n, 3)),
        center_m=rng.uniform(-0.1, 0.1, size=(n, 3)),
        visible_rle=tuple(rle(m) for m in masks),
        amodal_rle=tuple(rle(m) for m in masks),
        hidden=tuple(f"object-{i - 2}" for i in range(2, count + 2) if i not in ids),
    )


def sample(instances: list[NDArray[np.int32]], *, objects: int = 3, index: int = 0, seed: int = 0) -> Sample:
    """A sample with one view for each (H, W) map: 0 nothing, 1 the table, 2 on the objects."""
    rng = Seed(seed).child("sample", index).rng()
    cameras, frames, labels = [], [], []
    for view, instance in enumerate(instances):
        height, width = instance.shape
        pose = Pose.from_matrix(look_at(rng.uniform(0.5, 1, size=3).tolist(), (0, 0, 0)))
        cameras.append(CameraSpec(name=f"view-{view}", width=width, height=height, cx=width / 2, cy=height / 2, world_from_camera=pose))
        frames.append(
            Frame(
                camera=cameras[-1],
                rgb=rng.integers(0, 256, (height, width, 3), np.uint8),
                depth_m=np.where(instance > 0, rng.uniform(0.4, 3, instance.shape), np.inf).astype(np.float32),
                instance=instance,
            )
        )
        labels.append(label(instance, objects, rng))
    return Sample(
        index=index,
        spec=SceneSpec(bodies=bodies(objects), cameras=tuple(cameras)),
        frames=tuple(frames),
        annotations=tuple(labels),
        provenance=Provenance(seed=seed, index=index, draws={"lights": {"power": float(rng.uniform())}}, rejections={"fell-off": index % 2}),
    )


def discs(rng: np.random.Generator, *, objects: int = 3, height: int = 48, width: int = 64) -> NDArray[np.int32]:
    """An instance map: discs on a table, the later before the earlier; now and then one is missing."""
    v, u = np.mgrid[:height, :width]
    instance = np.where(v > height // 4, 1, 0).astype(np.int32)
    for i in range(objects):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(3, 14)
        if rng.uniform() < 0.8:
            instance[(u - x) ** 2 + (v - y) ** 2 < r * r] = i + 2
    return instance
