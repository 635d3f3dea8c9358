"""Make the pictures of the README.

    python docs/make_pictures.py out/tabletop

`tabletop.jpg` shows every eighth picture of that data set as it is, `labels.jpg` four of them with masks and boxes drawn; `plans.jpg` shows four
pictures of each of the example plans, which are made here.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from diorama.plan import load_plan
from diorama.preview import contact_sheet
from diorama.studio import Studio, generate

HERE = Path(__file__).parent / "images"
PLANS = Path(__file__).parents[1] / "examples" / "plans"
#: Those whose pictures the README shows, from above.
SHOWN = ("bin_picking", "shelf", "conveyor", "flat_products")


def sheet(pictures: list[np.ndarray], columns: int, width: int) -> np.ndarray:
    """The pictures side by side, scaled down to `width` pixels in all."""
    rows = [np.hstack(pictures[i : i + columns]) for i in range(0, len(pictures), columns)]
    whole = np.vstack(rows)
    return cv2.resize(whole, (width, whole.shape[0] * width // whole.shape[1]), interpolation=cv2.INTER_AREA)


def of_plans() -> list[np.ndarray]:
    """Four pictures of each plan, its assets made by the script of its name."""
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in SHOWN:
            script = PLANS / f"{name}.py"
            if script.is_file():
                subprocess.run([sys.executable, str(script)], check=True)
            plan = replace(load_plan(PLANS / f"{name}.yaml"), resolution=(640, 480), views=1)
            with Studio(plan) as studio:
                pictures += [cv2.cvtColor(generate(plan, 0, index, studio=studio).frames[0].rgb, cv2.COLOR_RGB2BGR) for index in range(4)]
    return pictures


def main(dataset: Path) -> None:
    """Write the pictures beside the documents."""
    HERE.mkdir(exist_ok=True)
    paths = sorted((dataset / "images").iterdir())[3::8][:12]
    plain = sheet([cv2.imread(str(path)) for path in paths], 4, 1600)
    labelled = contact_sheet(dataset, count=4)
    for name, picture in (("tabletop.jpg", plain), ("labels.jpg", labelled), ("plans.jpg", sheet(of_plans(), 4, 1600))):
        cv2.imwrite(str(HERE / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
