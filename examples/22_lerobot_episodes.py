"""A robot arm puts things on a plate, again and again, and its episodes become a data set for LeRobot, from which one is read back as pictures.

Every episode has a table, things, lights and a camera of its own. The scripted expert knows where things are; what learns from it sees pictures, and
where the arm is. Episodes in which it fails are left out.

Run: python examples/22_lerobot_episodes.py      (the same in one command: diorama episodes panda-pick-place --out out/episodes)
"""

import json
from pathlib import Path

import av
import cv2
import gymnasium
import numpy as np
import pyarrow.parquet as pq
import tyro

import diorama

CAMERA = "observation.images.rgb"


def strip(folder: Path, episode: int, pictures: int) -> np.ndarray:
    """So many pictures of an episode, evenly spread over it, side by side: (H, pictures * W, 3) uint8."""
    info = json.loads((folder / "meta/info.json").read_text())
    row = pq.read_table(folder / "meta/episodes").to_pylist()[episode]
    place = {name: row[f"videos/{CAMERA}/{name}"] for name in ("chunk_index", "file_index")}
    with av.open(str(folder / info["video_path"].format(video_key=CAMERA, **place))) as film:
        shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    first = round(row[f"videos/{CAMERA}/from_timestamp"] * info["fps"])
    return np.hstack([shown[first + step] for step in np.linspace(0, row["length"] - 1, pictures).round().astype(int)])


def main(out: Path = Path("out/lerobot"), count: int = 20, seed: int = 0, resolution: int = 128, tiny: bool = False) -> None:
    """Write `count` episodes with pictures of `resolution` pixels a side to the folder `out`, and a strip of the last beside it."""
    if tiny:
        count, resolution = 2, 64
    env = gymnasium.make("diorama.envs:diorama/PandaPickPlace-v0", channels=("rgb",), resolution=(resolution, resolution))
    episodes = diorama.record_episodes(env, diorama.PickPlaceExpert, seed=seed, task="Put the thing on the plate", max_steps=150)
    report = diorama.write_lerobot(episodes, out, fps=20, count=count, robot="panda", overwrite=True)
    env.close()
    print(f"{report.episodes} of {report.episodes + report.failed} episodes succeeded, {report.steps} steps: {out}")

    picture = out.with_name(f"{out.name}.png")
    cv2.imwrite(str(picture), cv2.cvtColor(strip(out, report.episodes - 1, pictures=6), cv2.COLOR_RGB2BGR))
    print(f"the last one, from its video: {picture}")


if __name__ == "__main__":
    tyro.cli(main)
