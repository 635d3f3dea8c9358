"""Make the pictures of the README from a data set.

    python docs/make_pictures.py out/tabletop

`tabletop.jpg` shows every eighth picture as it is, `labels.jpg` four of them with masks and boxes drawn.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from diorama.preview import contact_sheet

HERE = Path(__file__).parent / "images"


def sheet(pictures: list[np.ndarray], columns: int, width: int) -> np.ndarray:
    """The pictures side by side, scaled down to `width` pixels in all."""
    rows = [np.hstack(pictures[i : i + columns]) for i in range(0, len(pictures), columns)]
    whole = np.vstack(rows)
    return cv2.resize(whole, (width, whole.shape[0] * width // whole.shape[1]), interpolation=cv2.INTER_AREA)


def main(dataset: Path) -> None:
    """Write both pictures beside the documents."""
    HERE.mkdir(exist_ok=True)
    paths = sorted((dataset / "images").iterdir())[3::8][:12]
    plain = sheet([cv2.imread(str(path)) for path in paths], 4, 1600)
    labelled = contact_sheet(dataset, count=4)
    for name, picture in (("tabletop.jpg", plain), ("labels.jpg", labelled)):
        cv2.imwrite(str(HERE / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
