"""One scene, one picture, and what is on it.

Run: python examples/01_one_picture.py
"""

from pathlib import Path

import cv2
import tyro

import diorama


def main(out: Path = Path("out/one_picture.png"), tiny: bool = False) -> None:
    """Write the picture of scene 0 of seed 0 to `out`, and print its labels."""
    plan = diorama.default_plan("tabletop", resolution=(96, 72) if tiny else (640, 480), views=1)
    sample = diorama.generate(plan, seed=0, index=0)
    frame, labels = sample.frames[0], sample.annotations[0]

    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out), cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
    for row, index in enumerate(labels.body_index):
        left, top, right, bottom = labels.box_xyxy[row]
        visible, away = labels.visible_fraction[row], labels.depth_m[row]
        print(f"{sample.spec.bodies[index].category:15} ({left}, {top}) to ({right}, {bottom}), {visible:.0%} visible, {away:.2f} m away")
    print(f"{len(labels)} objects, {len(labels.hidden)} more behind them: {out}")


if __name__ == "__main__":
    tyro.cli(main)
