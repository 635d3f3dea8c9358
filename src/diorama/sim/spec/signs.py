"""What stands at the roadside to be read: signs and traffic lights, and what holds them up, as shapes that say all about themselves."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.roads import SignalState

#: Signs after the Vienna convention of 1968, by what they say.
Sign = Literal[
    # Priority
    "stop",
    "give-way",
    "priority-road",
    "end-of-priority-road",
    "priority-over-oncoming",
    # Danger
    "bend-left",
    "bend-right",
    "bends",
    "bumps",
    "children",
    "crossroads",
    "cyclists-ahead",
    "danger",
    "narrow-road",
    "pedestrians-ahead",
    "road-works",
    "roundabout-ahead",
    "signals-ahead",
    "slippery-road",
    "two-way-traffic",
    # Prohibitions
    "no-entry",
    "no-vehicles",
    "no-lorries",
    "no-overtaking",
    "no-left-turn",
    "no-right-turn",
    "no-u-turn",
    "no-parking",
    "no-stopping",
    "speed-limit-20",
    "speed-limit-30",
    "speed-limit-40",
    "speed-limit-50",
    "speed-limit-60",
    "speed-limit-70",
    "speed-limit-80",
    "speed-limit-90",
    "speed-limit-100",
    "speed-limit-110",
    "speed-limit-120",
    "speed-limit-130",
    "end-of-limits",
    # Commands
    "straight-ahead",
    "turn-left",
    "turn-right",
    "straight-or-right",
    "straight-or-left",
    "pass-left",
    "pass-right",
    "roundabout",
    "cycle-path",
    "footpath",
    "foot-and-cycle-path",
    # Information
    "bus-stop",
    "crossing",
    "dead-end",
    "one-way",
    "parking",
    "pedestrian-zone",
    "chevron-left",
    "chevron-right",
    "direction-left",
    "direction-right",
    "plate",
    "street-name",
    "town",
]
SIGNS: tuple[Sign, ...] = get_args(Sign)
#: Signs with words of their own.
WORDED: tuple[Sign, ...] = ("direction-left", "direction-right", "plate", "street-name", "town")
#: Signs that are the other way around where one drives on the left.
HANDED: tuple[Sign, ...] = ("no-overtaking", "no-u-turn", "priority-over-oncoming", "roundabout", "roundabout-ahead", "two-way-traffic")
LONGEST_TEXT = 20
#: What can be written on them; small letters are written as capitals.
LETTERING = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -.,:'/"

Wear = Literal["new", "faded", "dirty", "old"]
Symbol = Literal["disc", "left", "straight", "right", "cycle", "pedestrian"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignShape:
    """The front of a sign: a thin plate with its picture on +x, +z up. Its landmark ``base`` is the middle of its back, by which it is held.

    `text` is what is written on those that have words of their own, and `wear` what the weather has done to it: ``old`` is faded and dirty. Those
    that are `HANDED` are the other way around where one `drives_on` the left.
    """

    kind: ClassVar[str] = "sign"
    sign: Sign
    text: str = ""
    wear: Wear = "new"
    drives_on: Literal["right", "left"] = "right"

    def __post_init__(self) -> None:
        check(self.sign in SIGNS, self, f'there is no sign "{self.sign}"')
        check(self.wear in get_args(Wear), self, f"wear must be one of {', '.join(get_args(Wear))}, got {self.wear!r}")
        known = self.drives_on in ("right", "left") if self.sign in HANDED else self.drives_on == "right"
        check(known, self, f"drives_on of a {self.sign} must be right{' or left' * (self.sign in HANDED)}, got {self.drives_on!r}")
        if self.sign in WORDED:
            known = all(letter in LETTERING for letter in self.text) and bool(self.text.strip()) and len(self.text) <= LONGEST_TEXT
            check(known, self, f"text of a {self.sign} must be 1 to {LONGEST_TEXT} Latin letters, figures or -.,:'/, got {self.text!r}")
        else:
            check(not self.text, self, f"a {self.sign} has no words of its own, got {self.text!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignPostShape:
    """What holds signs up: a post, or for wide ones two, and the grey plates behind the signs, which face +x.

    The `signs` are one below the other from the top; the lowest edge is `clear_m` above the ground. The post stands at its landmark ``base``;
    ``sign-0``, ``sign-1``, ... are where the ``base`` of each sign goes.
    """

    kind: ClassVar[str] = "sign-post"
    signs: tuple[Sign, ...]
    clear_m: float = 2.2

    def __post_init__(self) -> None:
        check(0 < len(self.signs) <= 4 and all(s in SIGNS for s in self.signs), self, f"signs must be one to four that there are, got {self.signs}")
        check(finite(self.clear_m) and 0.1 <= self.clear_m <= 8, self, f"clear_m must be in 0.1..8, got {self.clear_m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficLightShape:
    """A traffic light that faces +x and shows a state: red above amber above green. Its landmark ``base`` is the middle of its back.

    A pedestrians' has no amber lens, and is red unless the state is green. `symbol` is what its lenses show. `board`: a dark board with a
    white rim around it stands it out from the sky.
    """

    kind: ClassVar[str] = "traffic-light"
    state: SignalState
    symbol: Symbol = "disc"
    lens_m: float = 0.2
    housing: Literal["black", "green", "grey", "yellow"] = "black"
    board: bool = False

    def __post_init__(self) -> None:
        check(self.state in get_args(SignalState), self, f"state must be one of {', '.join(get_args(SignalState))}, got {self.state!r}")
        check(self.symbol in get_args(Symbol), self, f"symbol must be one of {', '.join(get_args(Symbol))}, got {self.symbol!r}")
        check(self.housing in ("black", "green", "grey", "yellow"), self, f"housing must be black, green, grey or yellow, got {self.housing!r}")
        check(finite(self.lens_m) and 0.05 <= self.lens_m <= 0.5, self, f"lens_m must be in 0.05..0.5, got {self.lens_m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MastShape:
    """A mast for traffic lights: a pole, and if it reaches over the road an arm at its top.

    The arm goes `arm_m` along +y, and with a negative number along -y: seen from the front, +x, the arm of a mast on the right of the road goes
    to the left. It stands at its landmark ``base``.
    """

    kind: ClassVar[str] = "mast"
    height_m: float = 3.2
    arm_m: float = 0.0
    radius_m: float = 0.06

    def __post_init__(self) -> None:
        check(finite(self.height_m) and 0.5 <= self.height_m <= 15, self, f"height_m must be in 0.5..15, got {self.height_m}")
        check(finite(self.arm_m) and abs(self.arm_m) <= 20, self, f"arm_m must be in -20..20, got {self.arm_m}")
        check(finite(self.radius_m) and 0.02 <= self.radius_m <= 0.5, self, f"radius_m must be in 0.02..0.5, got {self.radius_m}")


RoadsideShape = SignShape | SignPostShape | TrafficLightShape | MastShape
