"""Which grasps are to be labelled, and how much is to be found out about them."""

from dataclasses import dataclass

from diorama.sim.errors import UnknownName, suggestion
from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.grasps import GRIPPERS, Gripper, JawGripper, SuctionGripper


@dataclass(frozen=True, slots=True, kw_only=True)
class Grasping:
    """Labels of grasps with one gripper.

    `gripper` is the name of one (see GRIPPERS), or one of one's own: ``{kind: jaws, ...sizes}`` or ``{kind: suction, ...sizes}``. Of each labelled
    body that moves, at most `per_body` grasps are labelled, spread over it, whose approach leans from straight down by at most `lean_deg`; of those
    that the gripper gets to, at most `tried` are tried by physics among everything else, and all as often as `trials` says with nothing else around,
    under noise of pose and friction; 0: never. Jaws open `clearance_m` wider on each side than what they are to hold, or as far as they go. The
    gripper comes from `approach_m` behind. `friction` is what geometry takes it to be between jaws and things.
    """

    gripper: str | JawGripper | SuctionGripper
    per_body: int = 16
    tried: int = 4
    trials: int = 0
    lean_deg: float = 90.0
    clearance_m: float = 0.015
    approach_m: float = 0.1
    friction: float = 0.5

    def __post_init__(self) -> None:
        if isinstance(self.gripper, str):
            if self.gripper not in GRIPPERS:
                raise UnknownName(f'no gripper named "{self.gripper}".{suggestion(self.gripper, GRIPPERS)}')
            object.__setattr__(self, "gripper", GRIPPERS[self.gripper])
        check(1 <= self.per_body <= 1000, self, f"per_body must be in 1..1000, got {self.per_body}")
        for name in ("tried", "trials"):
            check(0 <= getattr(self, name) <= 1000, self, f"{name} must be in 0..1000, got {getattr(self, name)}")
        check(finite(self.approach_m) and 0 < self.approach_m <= 1, self, f"approach_m must be above 0 and at most 1, got {self.approach_m}")
        check(0 < self.lean_deg <= 180, self, f"lean_deg must be above 0 and at most 180, got {self.lean_deg}")
        for name in ("clearance_m", "friction"):
            check(finite(getattr(self, name)) and getattr(self, name) >= 0, self, f"{name} must be 0 or more, got {getattr(self, name)}")

    @property
    def tool(self) -> Gripper:
        """The gripper itself."""
        assert not isinstance(self.gripper, str)
        return self.gripper
