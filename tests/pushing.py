"""The smallest environment there is: the first of some things on a table is pushed aside."""

import numpy as np
from gymnasium import spaces

from diorama import Constant, Plan, Pose, RejectedScene, UniformInt
from diorama.envs.base import StagedEnv
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.drop import Drop
from diorama.randomizers.objects import Objects
from diorama.randomizers.sensor import Sensor
from diorama.scenes.tabletop import Tabletop


class Push(StagedEnv):
    """`state` has where the thing is among the observations, `noise` the camera noisy."""

    def __init__(self, plan=None, *, state=False, noise=False, **settings):
        randomizers = (Objects(count=UniformInt(1, 2), categories=Constant("wooden-block")), Drop(), CameraShell())
        own = Plan(scenario=Tabletop(), randomizers=(*randomizers, *((Sensor(),) if noise else ())), exporters=())
        super().__init__(plan or own, **({"resolution": (64, 48)} | settings))
        self.action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)
        place = {"place": spaces.Box(-10.0, 10.0, (3,), np.float32)} if state else {}
        self.observation_space = spaces.Dict(self.picture_spaces() | place)
        self.state, self.refuse = state, 0

    def _begin(self, spec, seed):
        if self.refuse > 0:
            self.refuse -= 1
            raise RejectedScene("out of reach")
        self.scene = spec

    def _advance(self, action):
        thing = next(body for body in self.scene.bodies if body.category is not None)
        (x, y, z), turned = thing.world_from_body.position_m, thing.world_from_body.rotation_wxyz
        dx, dy = (action / 50).tolist()
        self.scene = self.scene.map_bodies({thing.name: {"world_from_body": Pose((x + dx, y + dy, z), turned)}})
        return -abs(x), False, {}

    def _scene(self):
        return self.scene

    def _state(self):
        thing = next(body for body in self.scene.bodies if body.category is not None)
        return {"place": np.array(thing.world_from_body.position_m, np.float32)} if self.state else {}
