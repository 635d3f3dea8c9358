"""How many steps a second an environment makes on one core, with a camera and without, beside the camera that PyBullet brings.

    python benchmarks/envs.py --json envs.json

A Panda among things on a table. PyBullet's TinyRenderer sees the same triangles from the same place, moved in the same way, with and without
shadows; it colours each body evenly and takes one light. What is compared is a camera step: from where everything is to colours and depth as arrays.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import tyro
from figures import machine, quartiles, rounded
from tyro.conf import arg

from diorama.envs.panda import PandaPickPlace
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.physics.bullet import bullet
from diorama.sim.spec import CameraSpec, SceneSpec


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Pictures are `size` pixels wide and high; `repeats` episodes, from `seed` on, of `steps` steps each."""

    size: int = 128
    steps: int = 40
    repeats: int = 5
    seed: int = 0


class TinyWorld:
    """The same scene in a world of PyBullet, for its own renderer."""

    def __init__(self, scene: SceneSpec, library: AssetLibrary) -> None:
        self._client = bullet.connect(bullet.DIRECT)
        self._handles = {}
        with tempfile.TemporaryDirectory() as folder:
            for number, body in enumerate(scene.bodies):
                asset = library.shape_asset(body.shape)
                file = Path(folder) / f"{number}.obj"
                lines, first = [], 1
                for part in asset.parts:
                    lines += ["v {} {} {}".format(*p) for p in part.positions.tolist()] + ["vn {} {} {}".format(*n) for n in part.normals.tolist()]
                    lines += ["f " + " ".join(f"{i + first}//{i + first}" for i in face) for face in part.faces.tolist()]
                    first += len(part.positions)
                file.write_text("\n".join(lines) + "\n", "utf-8")
                color = asset.parts[0].look.material.base_color
                seen = bullet.createVisualShape(bullet.GEOM_MESH, fileName=str(file), rgbaColor=(*color, 1), physicsClientId=self._client)
                self._handles[body.name] = bullet.createMultiBody(0, baseVisualShapeIndex=seen, physicsClientId=self._client)

    def picture(self, scene: SceneSpec, camera: CameraSpec, shadows: bool) -> tuple[Any, Any]:
        """Colours and depth."""
        for body in scene.bodies:
            w, x, y, z = body.world_from_body.rotation_wxyz
            handle = self._handles[body.name]
            bullet.resetBasePositionAndOrientation(handle, body.world_from_body.position_m, (x, y, z, w), physicsClientId=self._client)
        m = camera.world_from_camera.matrix
        eye, ahead, up = m[:3, 3], m[:3, 3] + m[:3, 2], -m[:3, 1]
        view = bullet.computeViewMatrix(eye.tolist(), ahead.tolist(), up.tolist())
        fov = float(np.degrees(2 * np.arctan(camera.height / 2 / camera.fy)))
        lens = bullet.computeProjectionMatrixFOV(fov, camera.width / camera.height, 0.05, 20.0)
        _, _, rgba, depth, _ = bullet.getCameraImage(
            camera.width, camera.height, view, lens, shadow=int(shadows), renderer=bullet.ER_TINY_RENDERER, physicsClientId=self._client
        )
        return rgba, depth

    def close(self) -> None:
        """Give the world back."""
        bullet.disconnect(self._client)


def main(setting: Annotated[Setting, arg(name="")] = Setting(), json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None) -> None:
    """Measure, and print a line for each figure."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    seen, blind = PandaPickPlace(resolution=(setting.size, setting.size)), PandaPickPlace(image=False)
    times: dict[str, list[float]] = {name: [] for name in ("step", "step_without_camera", "camera", "tiny", "tiny_shadows")}
    for repeat in range(setting.repeats):
        seen.reset(seed=setting.seed + repeat)
        blind.reset(seed=setting.seed + repeat)
        seen.action_space.seed(repeat)
        tiny = TinyWorld(seen._scene(), seen.studio.library)
        here: dict[str, list[float]] = {name: [] for name in times}
        for number in range(setting.steps + 2):
            action = seen.action_space.sample()
            calls: dict[str, Callable[[], Any]] = {"step": lambda a=action: seen.step(a), "step_without_camera": lambda a=action: blind.step(a)}
            taken = {name: _ms(call) for name, call in calls.items()}
            scene, camera = seen._view()
            # Moved a little, so that nobody finds what was there before.
            seen.step(action)
            scene, camera = seen._view()
            taken["tiny"] = _ms(lambda s=scene, c=camera: tiny.picture(s, c, False))
            taken["tiny_shadows"] = _ms(lambda s=scene, c=camera: tiny.picture(s, c, True))
            seen._advance(np.zeros(5))
            taken["camera"] = _ms(seen._observation)
            if number >= 2:  # kernels are compiled by then
                for name, value in taken.items():
                    here[name].append(value)
        tiny.close()
        for name, values in here.items():
            times[name].append(median(values))
    figures: dict[str, Any] = {}
    for name, values in times.items():
        figures |= {f"{name}_ms": median(values), f"{name}_ms_iqr": quartiles(values)}
    for name in ("tiny", "tiny_shadows"):
        figures[f"{name}_ratio"] = median([slow / fast for slow, fast in zip(times[name], times["camera"], strict=True)])
    figures["triangles"] = sum(len(part.faces) for body in seen._scene().bodies for part in seen.studio.library.shape_asset(body.shape).parts)
    for name, value in figures.items():
        print(f"  {name:28} {value if isinstance(value, list) else round(value, 2)}")
    for env in (seen, blind):
        env.close()
    if json_file:
        json_file.write_text(json.dumps(rounded(figures) | {"setting": asdict(setting)} | machine(), indent=2) + "\n", "utf-8")


def _ms(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    tyro.cli(main)
