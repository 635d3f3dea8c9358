"""A loaded scene on a device, its bodies where they are at a moment."""

from collections.abc import Sequence

import numpy as np

from diorama.sim.errors import InvalidValue
from diorama.sim.render.raster.device import Scratch
from diorama.sim.render.raster.exposure import Shot
from diorama.sim.render.raster.lights import SceneLights
from diorama.sim.render.raster.scene import SceneArrays, SceneCache
from diorama.sim.spec import CameraSpec, SceneSpec
from diorama.sim.spec.pose import pose_matrices
from diorama.sim.transforms import Matrix, compose, invert


class Stage:
    """The bodies and lights of `spec`, for one moment at a time, in seconds from that of the picture."""

    def __init__(self, spec: SceneSpec, scenes: SceneCache, scratch: Scratch, strips: int) -> None:
        self.spec = spec
        self._moving = {i: body for i, body in enumerate(spec.bodies) if not body.motion.is_still}
        self._at_rest = pose_matrices(body.world_from_body for body in spec.bodies)
        self._scratch, self._strips = scratch, strips
        self._scene = scenes.scene(scenes.bodies(spec))
        self._scene.place(self._at_rest, scratch)
        self.boxes_m = self._scene.bodies.boxes_m
        self._lights = SceneLights(spec.lights_in_world(), spec.mounts, self._scene, scratch, strips)
        self._scene_s = self._lights_s = 0.0
        self.see_through = self._scene.see_through

    @property
    def moves(self) -> bool:
        """Whether any body does."""
        return bool(self._moving)

    def world_from_body(self, seconds: float) -> Matrix:
        """(n, 4, 4), every body's pose."""
        out = self._at_rest.copy()
        for i, body in self._moving.items():
            out[i] = body.motion.moved(body.world_from_body, seconds).matrix
        return out

    def scene(self, seconds: float) -> SceneArrays:
        """The bodies. What was returned before has them at this moment from now on."""
        if self._moving and seconds != self._scene_s:
            self._scene.place(self.world_from_body(seconds), self._scratch)
            self._scene_s = seconds
        return self._scene

    def lights(self, seconds: float) -> SceneLights:
        """The lights, mounted ones where their bodies are, with the shadows that bodies cast. What was returned before is no longer to be used."""
        scene = self.scene(seconds)
        if self._moving and seconds != self._lights_s:
            self._lights = SceneLights(self.spec.lights_in_world(seconds), self.spec.mounts, scene, self._scratch, self._strips)
            self._lights_s = seconds
        return self._lights

    def unseen_by(self, camera: CameraSpec) -> int | None:
        """The index of the body that is not there for a camera. Raises InvalidValue when the scene has none of its name."""
        if camera.unseen is None:
            return None
        for i, body in enumerate(self.spec.bodies):
            if body.name == camera.unseen:
                return i
        raise InvalidValue(f'{camera.name}: is not to see "{camera.unseen}", and the scene has no body of that name')

    def within_rows(self, shot: Shot, bodies: Sequence[int]) -> list[int]:
        """Those of the `bodies` that may be seen in the rows of a shot: by a ball around each."""
        camera = shot.camera
        if camera.distortion is not None or not bodies:
            return list(bodies)
        camera_from_body = compose(invert(camera.world_from_camera.matrix), self.world_from_body(shot.seconds)[list(bodies)])
        low, high = self.boxes_m[list(bodies), 0], self.boxes_m[list(bodies), 1]
        half, middle = (high - low) / 2, np.concatenate([(low + high) / 2, np.ones((len(low), 1))], axis=1)
        radius = np.sqrt(half[:, 0] * half[:, 0] + half[:, 1] * half[:, 1] + half[:, 2] * half[:, 2])
        _, y, z, _ = compose(camera_from_body, middle[:, :, None])[..., 0].T
        # Above the lower end of the rows, and below the upper: planes through the camera.
        upper, lower = ((row - camera.cy) / camera.fy for row in (shot.top, shot.bottom))
        seen = (z + radius >= camera.near_m) & (y - z * upper >= -radius * (1 + abs(upper))) & (y - z * lower <= radius * (1 + abs(lower)))
        return [body for body, here in zip(bodies, seen.tolist(), strict=True) if here]
