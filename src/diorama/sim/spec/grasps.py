"""Grippers, and what is asked of a grasp.

A gripper has a frame of its own: z points out of it, along its approach; x is the way its jaws close; its origin lies where it holds, halfway
between the middles of the jaws' pads, or in the middle of the suction cup's rim.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.pose import Pose
from diorama.sim.transforms import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class JawGripper:
    """Two parallel jaws that close symmetrically, as boxes.

    Open, the jaws are `opening_m` apart. A finger is `finger_length_m` long from the palm to its tip (along z), `finger_width_m` wide (along y) and
    `finger_thickness_m` thick (along x); its tip is `tip_m` beyond the frame's origin, and what it grips with is the pad, from the tip to as far
    behind the origin. The palm is a box of `palm_size_m` (x, y, z). Jaws press with `force_n` each, and have the friction coefficient `friction`
    (see BodySpec) and together the mass `mass_kg` with the palm.
    """

    kind: ClassVar[str] = "jaws"
    name: str = "own"
    opening_m: float
    finger_length_m: float
    finger_width_m: float
    finger_thickness_m: float
    tip_m: float
    palm_size_m: Vec3
    force_n: float
    friction: float = 1.0
    mass_kg: float = 1.0

    def __post_init__(self) -> None:
        sizes = ("opening_m", "finger_length_m", "finger_width_m", "finger_thickness_m", "tip_m", "force_n", "mass_kg")
        for name in sizes:
            check(finite(getattr(self, name)) and getattr(self, name) > 0, self, f"{name} must be positive, got {getattr(self, name)}")
        check(finite(*self.palm_size_m) and min(self.palm_size_m) > 0, self, f"palm_size_m must be positive, got {self.palm_size_m}")
        check(finite(self.friction) and self.friction >= 0, self, f"friction must be 0 or more, got {self.friction}")
        check(2 * self.tip_m <= self.finger_length_m, self, f"the pad, twice tip_m ({self.tip_m}), must be no longer than the finger")

    def boxes(self, opening_m: float) -> tuple[tuple[Vec3, Vec3], ...]:
        """(middle, size) in the gripper's frame of the left finger (-x), the right finger (+x) and the palm, the jaws being `opening_m` apart."""
        aside, behind = (opening_m + self.finger_thickness_m) / 2, self.tip_m - self.finger_length_m
        finger = (self.finger_thickness_m, self.finger_width_m, self.finger_length_m)
        middle = self.tip_m - self.finger_length_m / 2
        palm = ((0.0, 0.0, behind - self.palm_size_m[2] / 2), self.palm_size_m)
        return ((-aside, 0.0, middle), finger), ((aside, 0.0, middle), finger), palm


@dataclass(frozen=True, slots=True, kw_only=True)
class SuctionGripper:
    """A bellows cup of rubber on a rod.

    The cup's rim is a circle of `cup_radius_m`, which follows surfaces that are uneven by up to `bend_m`. The vacuum `vacuum_pa` below the air's
    pressure holds with its force on the rim's area; the rubber's `friction` keeps it from sliding. The rod behind it is `rod_radius_m` thick and
    `rod_length_m` long.
    """

    kind: ClassVar[str] = "suction"
    name: str = "own"
    cup_radius_m: float
    bend_m: float
    vacuum_pa: float = 60_000.0
    friction: float = 0.7
    rod_radius_m: float = 0.01
    rod_length_m: float = 0.15

    def __post_init__(self) -> None:
        for name in ("cup_radius_m", "vacuum_pa", "rod_radius_m", "rod_length_m"):
            check(finite(getattr(self, name)) and getattr(self, name) > 0, self, f"{name} must be positive, got {getattr(self, name)}")
        for name in ("bend_m", "friction"):
            check(finite(getattr(self, name)) and getattr(self, name) >= 0, self, f"{name} must be 0 or more, got {getattr(self, name)}")


Gripper = JawGripper | SuctionGripper

#: Grippers that laboratories have, by name. Sizes are rounded from their makers' drawings, as boxes that enclose the parts.
GRIPPERS: dict[str, Gripper] = {
    # The Franka Hand: 80 mm of stroke; the point that its maker calls the tool centre lies 9 mm behind the tips.
    "franka-hand": JawGripper(
        name="franka-hand",
        opening_m=0.08,
        finger_length_m=0.054,
        finger_width_m=0.018,
        finger_thickness_m=0.012,
        tip_m=0.009,
        palm_size_m=(0.204, 0.063, 0.066),
        force_n=70.0,
        mass_kg=0.73,
    ),
    # Weiss Robotics' WSG 50-110 with the fingers that come with it.
    "wsg-50": JawGripper(
        name="wsg-50",
        opening_m=0.11,
        finger_length_m=0.077,
        finger_width_m=0.02,
        finger_thickness_m=0.012,
        tip_m=0.01,
        palm_size_m=(0.146, 0.05, 0.0725),
        force_n=80.0,
        mass_kg=1.2,
    ),
    # Robotiq's 2F-85, its linkage as straight fingers.
    "robotiq-2f-85": JawGripper(
        name="robotiq-2f-85",
        opening_m=0.085,
        finger_length_m=0.06,
        finger_width_m=0.022,
        finger_thickness_m=0.014,
        tip_m=0.019,
        palm_size_m=(0.1, 0.075, 0.095),
        force_n=100.0,
        mass_kg=0.9,
    ),
    # Bellows cups of two and four centimetres, as hang on many a picking robot.
    "cup-20": SuctionGripper(name="cup-20", cup_radius_m=0.01, bend_m=0.0015),
    "cup-40": SuctionGripper(name="cup-40", cup_radius_m=0.02, bend_m=0.003),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GraspTest:
    """What a grasp has to stand: the gripper closes, lifts by `lift_m` at `lift_speed_m_s`, and shakes.

    It shakes with `shake_m_s2`, back and forth along each of the gripper's axes, both ways first, for `shake_s` a way (six in all). The thing must
    not have moved in the gripper by more than `slip_m` nor turned by more than `slip_rad` between the end of the closing and the end of it all.
    """

    lift_m: float = 0.12
    lift_speed_m_s: float = 0.25
    shake_m_s2: float = 5.0
    shake_s: float = 0.1
    slip_m: float = 0.02
    slip_rad: float = 0.35

    def __post_init__(self) -> None:
        for name in ("lift_m", "lift_speed_m_s", "shake_s", "slip_m", "slip_rad"):
            check(finite(getattr(self, name)) and getattr(self, name) > 0, self, f"{name} must be positive, got {getattr(self, name)}")
        check(finite(self.shake_m_s2) and self.shake_m_s2 >= 0, self, f"shake_m_s2 must be 0 or more, got {self.shake_m_s2}")


#: What may come of a grasp. ``blocked``: the gripper touches something on its way in; ``missed``: nothing was between the jaws, or the cup found no
#: seal; ``dropped``: it was lost while it was lifted or shaken; ``slipped``: it moved too far in the gripper; ``unsettled``: physics failed.
Outcome = Literal["held", "blocked", "missed", "dropped", "slipped", "unsettled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What physics made of one grasp.

    `body` is what was held at the end, None for nothing. `slip_m` and `slip_rad` are how far it moved in the gripper after the closing; `width_m` is
    how far apart the jaws were then; `contacts_m` are the points in the gripper's frame where it touched the thing, when it had closed.
    """

    outcome: Outcome
    body: str | None = None
    slip_m: float = 0.0
    slip_rad: float = 0.0
    width_m: float = 0.0
    contacts_m: tuple[Vec3, ...] = ()

    @property
    def success(self) -> bool:
        return self.outcome == "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A grasp to be tried: the gripper at `world_from_gripper`, come from `approach_m` behind along its z axis, with its jaws `opening_m` apart
    (None: as far as they go). With `weightless`, gravity begins to pull when it has closed: so things can be tried that lie on nothing.
    """

    gripper: Gripper
    world_from_gripper: Pose
    opening_m: float | None = None
    approach_m: float = 0.1
    weightless: bool = False
    test: GraspTest = field(default_factory=GraspTest)
