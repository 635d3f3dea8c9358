"""How many steps a second an environment makes on one core, with a camera and without, beside the camera that PyBullet brings.

    python benchmarks/envs.py --json envs.json

A Panda among things on a table. PyBullet's TinyRenderer sees the same from the same place, moved in the same way, with and without shadows; it
colours each body evenly and takes one light. It has the arm as everybody has it who uses PyBullet, from the package's URDF (`tiny`); and, since our
arm is the same with fewer triangles, once more with those (`tiny_coarse`). What is compared is a camera step: from where everything is to colours
and depth as arrays. Seconds are the processor's, of one core: nobody makes threads.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import tyro
from figures import machine, quartiles, rounded
from tyro.conf import arg

from diorama.envs.panda import PandaPickPlace
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.physics import panda
from diorama.sim.physics.bullet import bullet
from diorama.sim.spec import CameraSpec, Pose, SceneSpec


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Pictures are `size` pixels wide and high; `repeats` episodes, from `seed` on, of `steps` steps each."""

    size: int = 128
    steps: int = 40
    repeats: int = 5
    seed: int = 0


class TinyWorld:
    """The same scene in a world of PyBullet, for its own renderer; the arm in its own words, or else in ours."""

    def __init__(self, scene: SceneSpec, library: AssetLibrary, mount: Pose | None) -> None:
        self._client = bullet.connect(bullet.DIRECT)
        self._handles = {}
        self._robot = None
        if mount is not None:
            own = {body.name for body in panda.bodies(mount, panda.REST_RAD, 0.0)}
            scene = scene.replace(bodies=tuple(body for body in scene.bodies if body.name not in own))
            w, x, y, z = mount.rotation_wxyz
            self._robot = bullet.loadURDF(str(panda.urdf()), mount.position_m, (x, y, z, w), useFixedBase=True, physicsClientId=self._client)
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

    def picture(self, scene: SceneSpec, joints_rad: Sequence[float], camera: CameraSpec, shadows: bool) -> tuple[Any, Any]:
        """Colours and depth."""
        for joint, angle in enumerate(joints_rad if self._robot is not None else ()):
            bullet.resetJointState(self._robot, joint, angle, physicsClientId=self._client)
        for body in scene.bodies:
            handle = self._handles.get(body.name)
            if handle is None:
                continue
            w, x, y, z = body.world_from_body.rotation_wxyz
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
    size = (setting.size, setting.size)
    seen, plain, blind = PandaPickPlace(resolution=size), PandaPickPlace(resolution=size, shadows=False), PandaPickPlace(image=False)
    tiny_ones = [(name, coarse, shadows) for name, coarse in (("tiny", False), ("tiny_coarse", True)) for shadows in (False, True)]
    times: dict[str, list[float]] = {}
    for repeat in range(setting.repeats):
        for env in (seen, plain, blind):
            env.reset(seed=setting.seed + repeat)
        seen.action_space.seed(repeat)
        scene = seen._scene()
        worlds = {coarse: TinyWorld(scene, seen.studio.library, None if coarse else seen.mount) for coarse in (False, True)}
        here: dict[str, list[float]] = {}
        for number in range(setting.steps + 2):
            action = seen.action_space.sample()
            calls = {"step": partial(seen.step, action), "step_without_camera": partial(blind.step, action)}
            taken = {name: _ms(call) for name, call in calls.items()}
            # Moved on, so that nobody finds what was there before.
            seen._advance(np.zeros(5))
            taken["camera"] = _ms(seen._observation)
            plain._advance(np.zeros(5))
            taken["camera_without_shadows"] = _ms(plain._observation)
            scene, camera = seen._view()
            for name, coarse, shadows in tiny_ones:
                taken[name + "_shadows" * shadows] = _ms(partial(worlds[coarse].picture, scene, seen.arm.joints_rad, camera, shadows))
            if number >= 2:  # kernels are compiled by then
                for name, value in taken.items():
                    here.setdefault(name, []).append(value)
        for world in worlds.values():
            world.close()
        for name, values in here.items():
            times.setdefault(name, []).append(median(values))
    figures: dict[str, Any] = {}
    for name, values in times.items():
        figures |= {f"{name}_ms": median(values), f"{name}_ms_iqr": quartiles(values)}
    for name in [name for name in times if name.startswith("tiny")]:
        ours = times["camera" if name.endswith("shadows") else "camera_without_shadows"]
        figures[f"{name}_ratio"] = median([slow / fast for slow, fast in zip(times[name], ours, strict=True)])
    figures["triangles"] = sum(len(part.faces) for body in seen._scene().bodies for part in seen.studio.library.shape_asset(body.shape).parts)
    for name, value in figures.items():
        print(f"  {name:28} {value if isinstance(value, list) else round(value, 2)}")
    for env in (seen, plain, blind):
        env.close()
    if json_file:
        json_file.write_text(json.dumps(rounded(figures) | {"setting": asdict(setting)} | machine(), indent=2) + "\n", "utf-8")


def _ms(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    tyro.cli(main)
