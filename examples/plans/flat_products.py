"""Make the pictures that flat_products.yaml makes products of: the six faces of two boxes, and two cards of which only the front is known.

Your own are photographs, cut to the face. Run: python examples/plans/flat_products.py
"""

from pathlib import Path

import cv2
import numpy as np

#: Name, (width, height, depth) in millimetres, ground colour and ink (BGR).
BOXES = (
    ("earl-grey-tea", (120, 80, 60), (60, 40, 30), (90, 190, 230)),
    ("plasters", (100, 60, 25), (235, 235, 240), (60, 60, 200)),
)
CARDS = (
    ("seeds-basil", (80, 115, 0), (70, 120, 60), (220, 240, 220)),
    ("seeds-tomato", (80, 115, 0), (60, 60, 190), (230, 230, 250)),
)
PX_PER_MM = 4


def main(out: Path = Path("products")) -> None:
    """Write ``out/NAME/front.png``, ``back.png`` and so on for boxes, and ``out/NAME.png`` for cards."""
    for name, (w, h, d), ground, ink in BOXES:
        sides = {"front": (w, h), "back": (w, h), "left": (d, h), "right": (d, h), "top": (w, d), "bottom": (w, d)}
        (out / name).mkdir(parents=True, exist_ok=True)
        for side, size in sides.items():
            cv2.imwrite(str(out / name / f"{side}.png"), _face(size, name if side in ("front", "back", "top") else side, ground, ink))
    for name, (w, h, _), ground, ink in CARDS:
        cv2.imwrite(str(out / f"{name}.png"), _face((w, h), name, ground, ink))
    print(f"{len(BOXES)} boxes and {len(CARDS)} cards in {out}")


def _face(size_mm: tuple[int, int], text: str, ground: tuple[int, int, int], ink: tuple[int, int, int]) -> np.ndarray:
    """A picture with a frame, a sun and a name."""
    w, h = (PX_PER_MM * mm for mm in size_mm)
    face = np.full((h, w, 3), ground, np.uint8)
    cv2.rectangle(face, (8, 8), (w - 9, h - 9), ink, 4)
    cv2.circle(face, (w // 2, h // 3), min(w, h) // 6, ink, -1, cv2.LINE_AA)
    words = text.upper().replace("-", " ").split()
    for i, word in enumerate(words):
        (across, _), _ = cv2.getTextSize(word, cv2.FONT_HERSHEY_DUPLEX, 1, 2)
        scale = min(1.2, 0.8 * w / across, 0.25 * h / 30 / len(words))
        place = (int((w - across * scale) / 2), int(h * (0.62 + 0.3 * i / len(words)) + 12 * scale))
        cv2.putText(face, word, place, cv2.FONT_HERSHEY_DUPLEX, scale, ink, 2, cv2.LINE_AA)
    return face


if __name__ == "__main__":
    main()
