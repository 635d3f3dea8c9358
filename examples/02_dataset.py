"""A COCO data set from Python, read back with COCO's own tools.

Run: python examples/02_dataset.py
"""

from collections import Counter
from pathlib import Path

import tyro
from pycocotools.coco import COCO

import diorama


def main(out: Path = Path("out/dataset"), tiny: bool = False) -> None:
    """Make a data set in `out`, or finish the one that was begun there."""
    plan = diorama.default_plan("tabletop", resolution=(96, 72) if tiny else (640, 480), views=3)
    summary = diorama.generate_dataset(plan, seed=0, count=6 if tiny else 60, out=out, workers=2, resume=True)
    print(f"{summary.images} images with {summary.objects_per_image:.1f} objects each, rejected scenes: {summary.rejections or 'none'}")

    coco = COCO(out / "annotations/instances.json")
    names = {category["id"]: category["name"] for category in coco.dataset["categories"]}
    often = Counter(names[label["category_id"]] for label in coco.dataset["annotations"])
    print("most often:", ", ".join(f"{name} {count}" for name, count in often.most_common(5)))

    largest = max(coco.dataset["annotations"], key=lambda label: label["area"])
    mask = coco.annToMask(largest)  # (height, width), 1 where the object is seen
    print(f"largest: a {names[largest['category_id']]} of {mask.sum()} pixels on image {largest['image_id']}")


if __name__ == "__main__":  # the workers are processes, which import this file
    tyro.cli(main)
