"""One decision: where in a picture from above a gripper is to take hold, and physics says what comes of it."""

import math
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from diorama.envs.base import StagedEnv
from diorama.plan import Plan
from diorama.randomizers.background import Background
from diorama.randomizers.bounds import support_box
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.distributions import Constant, Uniform, UniformInt, rounded
from diorama.randomizers.drop import Drop
from diorama.randomizers.lights import Lights
from diorama.randomizers.materials import Materials
from diorama.randomizers.objects import Objects
from diorama.randomizers.sensor import Sensor
from diorama.scenes.tabletop import Tabletop
from diorama.sim.errors import InvalidValue, UnknownName, suggestion
from diorama.sim.frame import Frame
from diorama.sim.seeds import Seed
from diorama.sim.spec import Attempt, GraspTest, Pose, SceneSpec, Verdict
from diorama.sim.spec.grasps import GRIPPERS, JawGripper
from diorama.sim.transforms import apply

#: How far below the surface at the pixel the gripper's origin goes, from the action -1 to 1, in metres.
SHALLOWEST_M, DEEPEST_M = -0.01, 0.05
#: Left between finger tips and what things lie on.
_CLEAR_M = 0.002


def clutter_plan(count: int = 6) -> Plan:
    """Up to `count` things of a hand's size on a table, apart from each other for the most part, seen from straight above."""
    return Plan(
        scenario=Tabletop(walls=UniformInt(0, 1)),
        randomizers=(
            Objects(count=UniformInt(2, count), largest_m=0.14),
            Drop(spread=Uniform(0.3, 0.45), piled=0.1),
            Materials(),
            Lights(shadowed=UniformInt(1, 2)),
            Background(),
            CameraShell(
                elevation_deg=Constant(90.0),
                azimuth_deg=Constant(0.0),
                radius_m=Uniform(0.65, 0.75),
                aim=Constant(0.0),
                roll_deg=Uniform(0, 360),
                fov_deg=Uniform(40, 45),
            ),
            Sensor(),
        ),
        exporters=(),
    )


class TopDownGrasp(StagedEnv):
    """Take hold of anything, from straight above, in one step. See StagedEnv for what is not said here.

    An action has four numbers from -1 to 1: the pixel (u from the left edge to the right one, v from the top to the bottom); the way along which the
    jaws close, as the angle from the picture's u axis towards v, from -90 to 90 degrees; and how far below the surface there the gripper's origin
    goes, from `SHALLOWEST_M` to `DEEPEST_M`, but never so far that the finger tips would touch what things lie on. The gripper comes straight down in
    the world, its jaws open as far as they go. It is tried as `Bullet.grasp` does, by `test`: the reward is 1 if it holds, else 0, and ``info`` has
    the `Verdict` (``verdict``) and its ``outcome``, the body held (``body``), and the `Attempt` (``attempt``), None where the pixel shows nothing to
    take hold of.
    """

    def __init__(
        self,
        plan: Plan | str | None = None,
        *,
        gripper: str | JawGripper = "franka-hand",
        test: GraspTest | None = None,
        depth_range_m: tuple[float, float] | None = (0.4, 0.8),
        **settings: Any,
    ) -> None:
        super().__init__(clutter_plan() if plan is None else plan, depth_range_m=depth_range_m, **settings)
        if isinstance(gripper, str):
            if gripper not in GRIPPERS:
                raise UnknownName(f'no gripper named "{gripper}".{suggestion(gripper, GRIPPERS)}')
            found = GRIPPERS[gripper]
            if not isinstance(found, JawGripper):
                raise InvalidValue(f"{gripper} has no jaws that close along a way in the picture; choose a gripper with jaws")
            gripper = found
        if not self.channels:
            raise InvalidValue("a pixel is chosen in a picture: observe one channel or more")
        self.gripper, self.test = gripper, test or GraspTest()
        self.action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)
        self.observation_space = self._observations(self.picture_spaces())

    def _begin(self, spec: SceneSpec, seed: Seed) -> None:
        self._settled = spec
        self._frame: Frame | None = None

    def _scene(self) -> SceneSpec:
        return self._settled

    def attempt(self, action: NDArray[np.float64]) -> Attempt | None:
        """The grasp that an action means; None where its pixel shows nothing."""
        camera = self._camera
        u, v = ((float(part) + 1) / 2 * size for part, size in zip(action, (camera.width, camera.height), strict=False))
        if self._frame is None:
            self._frame = self._photographed(self._settled, camera, ("depth",))
        depth_m = self._frame.depth_m
        assert depth_m is not None
        column, row = min(int(u), camera.width - 1), min(int(v), camera.height - 1)
        depth = float(depth_m[row, column])
        if not math.isfinite(depth):
            return None
        matrix = camera.world_from_camera.matrix
        # The surface is seen at the pixel's middle.
        seen = ((column + 0.5 - camera.cx) / camera.fx * depth, (row + 0.5 - camera.cy) / camera.fy * depth, depth)
        x, y, z = apply(matrix, [seen])[0].tolist()
        below = SHALLOWEST_M + (float(action[3]) + 1) / 2 * (DEEPEST_M - SHALLOWEST_M)
        lowest = support_box(self._settled, self.studio.library).high[2] + self.gripper.tip_m + _CLEAR_M
        angle = math.pi / 2 * float(action[2])
        along = [math.cos(angle) * float(matrix[k, 0]) + math.sin(angle) * float(matrix[k, 1]) for k in range(2)]
        # The turn that takes the gripper's z down and its x along (cos a, sin a): half a circle about the level direction at half the angle a.
        half = math.atan2(along[1], along[0]) / 2
        turn = (0.0, rounded(math.cos(half)), rounded(math.sin(half)), 0.0)
        return Attempt(gripper=self.gripper, world_from_gripper=Pose((rounded(x), rounded(y), rounded(max(z - below, lowest))), turn), test=self.test)

    def _advance(self, action: NDArray[np.float64]) -> tuple[float, bool, dict[str, Any]]:
        attempt = self.attempt(action)
        verdict = Verdict(outcome="missed") if attempt is None else self.studio.physics.grasp(self._settled, attempt)
        info = {"verdict": verdict, "outcome": verdict.outcome, "body": verdict.body, "attempt": attempt, "is_success": verdict.success}
        return float(verdict.success), True, info
