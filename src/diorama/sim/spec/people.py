"""People: how a body is built, what it wears and carries, and how its joints are bent."""

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Self, get_args

from diorama.sim.errors import InvalidValue, suggestion
from diorama.sim.spec.checks import Rgb, check, check_color, finite, refuse
from diorama.sim.transforms import Vec3

Top = Literal["vest", "t-shirt", "shirt", "jumper", "hoodie", "jacket", "suit", "coat", "parka", "hi-vis", "dress"]
Bottom = Literal["trousers", "leggings", "shorts", "skirt", "long-skirt"]
Shoe = Literal["shoes", "trainers", "boots", "sandals"]
Hat = Literal["cap", "beanie", "brim", "helmet", "full-face", "hard-hat", "headscarf"]
Hair = Literal["none", "crop", "short", "curly", "bob", "long", "ponytail", "bun"]
Bag = Literal["backpack", "shoulder-bag", "handbag", "shopping", "briefcase", "box"]
Pattern = Literal["plain", "stripes", "checks", "denim", "print", "dots"]

#: Angles are kept in steps of this, so that poses that look the same are the same.
ANGLE_STEP_RAD = 1 / 128


def _stepped(value: float) -> float:
    return math.floor(value / ANGLE_STEP_RAD + 0.5) * ANGLE_STEP_RAD if math.isfinite(value) else value


def _check_word(owner: object, name: str, value: str, options: object) -> None:
    if value not in get_args(options):
        raise InvalidValue(f'{type(owner).__name__}: {name} "{value}" is not known.{suggestion(str(value), get_args(options))}')


class _Angles:
    """A dataclass of angles, single ones and triples: rounded to `ANGLE_STEP_RAD`, and each within what joints can do."""

    __slots__ = ()
    limits_rad: ClassVar[dict[str, tuple[tuple[float, float], ...]]]

    def __post_init__(self) -> None:
        half = ANGLE_STEP_RAD / 2
        for name, limits in self.limits_rad.items():
            value = getattr(self, name)
            angles = value if isinstance(value, tuple) else (value,)
            check(
                len(angles) == len(limits) and finite(*angles) and all(a - half <= v <= b + half for v, (a, b) in zip(angles, limits, strict=True)),
                self,
                f"{name} must be within {limits if isinstance(value, tuple) else limits[0]}, got {value}",
            )
            stepped = tuple(map(_stepped, angles))
            object.__setattr__(self, name, stepped if isinstance(value, tuple) else stepped[0])

    @classmethod
    def bent(cls, **angles: float | Vec3) -> Self:
        """With joints bent as asked, or as far towards it as they can be."""
        out: dict[str, Any] = {}
        for name, value in angles.items():
            limits = cls.limits_rad[name]
            near = [min(max(v, low), high) for v, (low, high) in zip(value if isinstance(value, tuple) else (value,), limits, strict=True)]
            out[name] = tuple(near) if isinstance(value, tuple) else near[0]
        return cls(**out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm(_Angles):
    """The joints of an arm, all 0 where it hangs straight down with its palm to the thigh.

    `shoulder_rad`: how far it is raised forwards, then away from the body, then turned outwards about itself; `elbow_rad` bends it;
    `forearm_rad` turns the palm backwards; `wrist_rad` bends towards the palm; `fingers_rad` curls the fingers.
    """

    limits_rad: ClassVar = {
        "shoulder_rad": ((-1.3, 3.2), (-0.8, 2.0), (-2.2, 2.2)),
        "elbow_rad": ((0.0, 2.7),),
        "forearm_rad": ((-1.7, 1.7),),
        "wrist_rad": ((-1.4, 1.4),),
        "fingers_rad": ((0.0, 1.8),),
    }

    shoulder_rad: Vec3 = (0.0, 0.0, 0.0)
    elbow_rad: float = 0.0
    forearm_rad: float = 0.0
    wrist_rad: float = 0.0
    fingers_rad: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg(_Angles):
    """The joints of a leg, all 0 where it stands straight.

    `hip_rad` raises it forwards, then away from the body, then turns it outwards about itself; `knee_rad` bends it; `ankle_rad` pulls the foot up;
    `toes_rad` bends the toes up.
    """

    limits_rad: ClassVar = {
        "hip_rad": ((-0.9, 2.4), (-0.7, 1.2), (-1.2, 1.2)),
        "knee_rad": ((0.0, 2.7),),
        "ankle_rad": ((-1.2, 0.9),),
        "toes_rad": ((-0.5, 1.4),),
    }

    hip_rad: Vec3 = (0.0, 0.0, 0.0)
    knee_rad: float = 0.0
    ankle_rad: float = 0.0
    toes_rad: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Joints(_Angles):
    """All joints of a body. With all at 0 it stands at attention.

    `pelvis_rad` is how the pelvis is turned: bowed forwards, leaning to the left, turned to the left; `spine_rad` how the chest is against the
    pelvis, and `neck_rad` how the head is against the chest, in the same three ways.
    """

    limits_rad: ClassVar = {
        "pelvis_rad": ((-1.0, 1.6), (-0.6, 0.6), (-0.8, 0.8)),
        "spine_rad": ((-0.5, 1.4), (-0.6, 0.6), (-0.9, 0.9)),
        "neck_rad": ((-1.2, 1.0), (-0.7, 0.7), (-1.4, 1.4)),
    }

    pelvis_rad: Vec3 = (0.0, 0.0, 0.0)
    spine_rad: Vec3 = (0.0, 0.0, 0.0)
    neck_rad: Vec3 = (0.0, 0.0, 0.0)
    left_arm: Arm = Arm()
    right_arm: Arm = Arm()
    left_leg: Leg = Leg()
    right_leg: Leg = Leg()

    @property
    def mirrored(self) -> "Joints":
        """The pose as a mirror shows it."""
        (p, pl, pt), (s, sl, st), (n, nl, nt) = self.pelvis_rad, self.spine_rad, self.neck_rad
        return Joints(
            pelvis_rad=(p, -pl, -pt),
            spine_rad=(s, -sl, -st),
            neck_rad=(n, -nl, -nt),
            left_arm=self.right_arm,
            right_arm=self.left_arm,
            left_leg=self.right_leg,
            right_leg=self.left_leg,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fabric:
    """What something is made of: a colour (linear), and a pattern with a second one."""

    color: Rgb = (0.2, 0.2, 0.2)
    pattern: Pattern = "plain"
    second: Rgb = (0.8, 0.8, 0.8)

    def __post_init__(self) -> None:
        check_color(self, "color", self.color)
        check_color(self, "second", self.second)
        _check_word(self, "pattern", self.pattern, Pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonShape:
    """Somebody, standing at `base` on the ground and facing +x.

    `height_m` is without shoes and hat. Children are as children of `age_years` are: with larger heads, and shorter legs. `bmi_kg_m2` is the
    body mass index; `figure` goes from broad shoulders, -1, to broad hips, 1. `hair` and a `beard` have their own colour; a `hat` covers hair. The
    `joints` say what they do. The lowest point is `lift_m` above the ground, as in a run's strides.
    """

    kind: ClassVar[str] = "person"
    height_m: float = 1.72
    age_years: float = 35.0
    bmi_kg_m2: float = 23.5
    figure: float = 0.0
    skin: Rgb = (0.55, 0.32, 0.22)
    hair: Hair = "short"
    hair_color: Rgb = (0.06, 0.035, 0.02)
    beard: bool = False
    top: Top = "jumper"
    top_fabric: Fabric = Fabric()
    bottom: Bottom = "trousers"
    bottom_fabric: Fabric = Fabric(color=(0.05, 0.06, 0.1))
    shoe: Shoe = "shoes"
    shoe_color: Rgb = (0.03, 0.03, 0.03)
    hat: Hat | None = None
    hat_color: Rgb = (0.1, 0.1, 0.1)
    bag: Bag | None = None
    bag_color: Rgb = (0.1, 0.1, 0.1)
    umbrella: Rgb | None = None
    phone: bool = False
    joints: Joints = Joints()
    lift_m: float = 0.0

    def __post_init__(self) -> None:
        numbers = {"height_m": (0.7, 2.3), "age_years": (1.5, 110.0), "bmi_kg_m2": (12.0, 50.0), "figure": (-1.0, 1.0), "lift_m": (0.0, 2.0)}
        for name, (low, high) in numbers.items():
            value = getattr(self, name)
            if not (finite(value) and low <= value <= high):
                refuse(self, f"{name} must be in {low:g}..{high:g}, got {value}")
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name == "skin" or f.name.endswith("_color") or (f.name == "umbrella" and value is not None):
                check_color(self, f.name, value)
        words = {"hair": Hair, "top": Top, "bottom": Bottom, "shoe": Shoe, "hat": Hat, "bag": Bag}
        for name, options in words.items():
            if getattr(self, name) is not None:
                _check_word(self, name, getattr(self, name), options)

    @property
    def mass_kg(self) -> float:
        """By the body mass index."""
        return self.bmi_kg_m2 * self.height_m * self.height_m
