"""What all that places objects has in common: which bodies it places, and how what was drawn is applied."""

from dataclasses import dataclass
from typing import Any, ClassVar

from diorama.randomizers.base import Labelled, Select, Stage
from diorama.randomizers.distributions import rounded
from diorama.sim.errors import InvalidValue, RejectedScene
from diorama.sim.spec import BodySpec, Pose, SceneSpec
from diorama.sim.transforms import Quat, Vec3

#: What is put into a scene to be placed: objects, and the clutter between them.
PLACED = Select(tags=("object", "clutter"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement(Labelled):
    """The base of randomizers that place the bodies `on`, which draw ``{"poses": {name: ...}}``."""

    stage: ClassVar[Stage] = "scene"

    on: Select = PLACED

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return spec.map_bodies(
            {name: {"world_from_body": Pose(tuple(p["position_m"]), tuple(p["rotation_wxyz"]))} for name, p in params["poses"].items()}
        )


def pose_json(position_m: Vec3, rotation: Quat) -> dict[str, Any]:
    """A pose as it is recorded."""
    return {"position_m": [rounded(v) for v in position_m], "rotation_wxyz": list(rotation)}


def no_room(body: BodySpec, where: str) -> RejectedScene:
    """What to raise when something drawn does not fit where it was drawn to: another draw may."""
    return RejectedScene("no-room", f"{body.name} does not fit {where}")


def require_length(owner: object, *names: str) -> None:
    """Refuse numbers of `owner` that are no lengths: negative, infinite or not a number. Raises InvalidValue."""
    for name in names:
        if not 0 <= getattr(owner, name) < 1e6:
            raise InvalidValue(f"{name} must be 0 or more, in metres, got {getattr(owner, name)}")
