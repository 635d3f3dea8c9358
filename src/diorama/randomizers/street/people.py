"""Who is in the street: people drawn with what they wear, as bodies that stand and walk."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from diorama.randomizers.colors import rgb_from_hsv
from diorama.randomizers.distributions import require_share, rounded
from diorama.randomizers.street.standing import stood
from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.street.people.balance import upright_m
from diorama.sim.assets.street.people.gait import PHASES, stride_m
from diorama.sim.assets.street.people.poses import going
from diorama.sim.assets.street.people.poses import standing as standing_about
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, Change, Rgb, RoadMap, Track
from diorama.sim.spec.people import Fabric, PersonShape
from diorama.sim.spec.roads import AreaKind, Vec2, along, lengths_m
from diorama.sim.transforms import Vec3

T = TypeVar("T")

Weighted = Sequence[tuple[T, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who is about: the shares of children, of people with umbrellas up, with something carried, in hi-vis clothes; and how warm it is (0 freezing,
    1 hot), which says what they wear.
    """

    children: float = 0.12
    umbrellas: float = 0.0
    carrying: float = 0.45
    hi_vis: float = 0.03
    warmth: float = 0.45

    def __post_init__(self) -> None:
        require_share(self, "children", "umbrellas", "carrying", "hi_vis", "warmth")


def draw_person(seed: Seed, population: Population) -> PersonShape:
    """Somebody of a population, standing at attention."""
    u = [float(v) for v in seed.rng().random(40)]
    return _dressed(_body(u, population), u, population)


def recorded(person: PersonShape) -> dict[str, Any]:
    """Somebody as a JSON value, without the pose."""
    return {name: value for name, value in to_json(person).items() if name not in ("kind", "joints", "lift_m")}


def person_shape(params: dict[str, Any]) -> PersonShape:
    """Somebody who was `recorded`, standing at attention."""
    return from_json(PersonShape, params)


def upright_base(person: PersonShape) -> Vec3:
    """The landmark ``base`` of somebody who stands, walks or runs, whatever the moment of it."""
    return 0.0, 0.0, rounded(-upright_m(person.height_m, person.age_years, person.figure))


def person_body(name: str, person: PersonShape, roads: RoadMap, place_m: Vec2, heading: Vec2, kind: AreaKind) -> BodySpec:
    """Somebody upright on the ground of a place, looking along `heading`: a body that is labelled, and fixed."""
    pose = stood(upright_base(person), roads, place_m, heading, kind, upright=True)
    return BodySpec(name=name, shape=person, world_from_body=pose, category="person", tags=("person",))


def walk(
    name: str,
    person: PersonShape,
    roads: RoadMap,
    points_m: Sequence[Vec2],
    speed_m_s: float,
    *,
    kind: Callable[[Vec2], AreaKind] = lambda _: "pavement",
    start_s: float = 0.0,
    end_s: float,
    phase: float = 0.0,
) -> Track:
    """Somebody who goes along a polyline at a steady speed, from `start_s` on, until `end_s` or its end; there they stand.

    The pose changes `PHASES` times a stride; `phase` is the first one. `kind` says what they walk on at a place. Faster than a walk they run
    (`gait`). Raises InvalidValue for times that do not rise.
    """
    if not start_s < end_s:
        raise InvalidValue(f"{name}: walks from {start_s} s to {end_s} s; the end must be later")
    lengths = lengths_m(points_m)
    reach = min(lengths[-1], speed_m_s * (end_s - start_s))
    step, first = stride_m(person, speed_m_s) / PHASES, math.floor(phase * PHASES)
    ways = [k * step for k in range(math.ceil(reach / step))]
    shapes = [going(person, ((first + k) % PHASES) / PHASES, speed_m_s) for k in range(min(len(ways), PHASES))]
    steps = [(way, shapes[k % PHASES]) for k, way in enumerate(ways)]
    arrived = reach == lengths[-1]
    times, poses, changes = [], [], []
    for way, shape in [*steps, (reach, standing_about(person) if arrived else steps[-1][1])]:
        at, heading = along(points_m, way, lengths)
        times.append(rounded(start_s + way / speed_m_s))
        poses.append(stood(upright_base(person), roads, at, heading, kind(at), upright=True))
        changes.append(Change(time_s=times[-1], shape=shape))
    return Track(body=name, times_s=tuple(times), poses=tuple(poses), changes=tuple(changes))


# --- drawing ----------------------------------------------------------------------------------------------


def _pick(u: float, options: Weighted[T]) -> T:
    left = u * math.fsum(weight for _, weight in options)
    for option, weight in options:
        left -= weight
        if left < 0:
            return option
    return options[-1][0]


def _inks(*inks: tuple[tuple[int, int, int], float]) -> list[tuple[Rgb, float]]:
    return [(linear_rgb(*(c / 255 for c in ink)), weight) for ink, weight in inks]


#: Skins from light to dark, weighted as in European streets.
_SKINS = _inks(
    ((226, 186, 162), 3.0),
    ((216, 170, 142), 3.5),
    ((204, 154, 122), 2.5),
    ((184, 134, 100), 1.5),
    ((158, 110, 80), 1.0),
    ((124, 84, 60), 0.8),
    ((92, 62, 46), 0.6),
    ((64, 44, 36), 0.4),
)
_HAIRS = _inks(((24, 20, 18), 3.0), ((48, 34, 26), 3.0), ((82, 58, 40), 2.4), ((128, 92, 56), 1.2), ((180, 144, 92), 1.0), ((140, 66, 34), 0.3))
_GREYS = _inks(((150, 148, 146), 1.0), ((205, 204, 200), 1.0), ((96, 94, 92), 1.0))
#: What most people wear in streets: black, navy, grey; colours are rare.
_DARK = _inks(
    ((26, 27, 30), 3.0),
    ((30, 36, 54), 2.2),
    ((62, 64, 68), 1.6),
    ((88, 86, 84), 0.7),
    ((66, 58, 48), 0.8),
    ((52, 58, 46), 0.6),
    ((92, 30, 36), 0.3),
)
_JEANS = _inks(((38, 50, 78), 2.0), ((58, 78, 112), 2.0), ((96, 118, 146), 0.8), ((30, 32, 40), 1.2))
_PALE = _inks(((222, 220, 214), 1.2), ((188, 178, 158), 1.0), ((150, 140, 120), 0.7))
_WOOL = _inks(((164, 128, 88), 0.8), ((112, 104, 92), 0.6), ((72, 62, 54), 0.6))
_HI_VIS = _inks(((206, 236, 40), 3.0), ((250, 110, 30), 1.4))
_SHOES = _inks(((24, 22, 22), 4.0), ((70, 48, 32), 1.4), ((226, 226, 224), 1.6), ((110, 108, 106), 0.8), ((40, 52, 84), 0.5))


def _body(u: list[float], population: Population) -> PersonShape:
    figure = rounded((1.0 if u[1] < 0.5 else -1.0) * (0.25 + 0.6 * u[2]))
    if u[0] < population.children:
        age = rounded(2.5 + 11.0 * u[3])
        height = _child_m(age) * (0.95 + 0.1 * u[4])
        return PersonShape(height_m=rounded(height), age_years=age, bmi_kg_m2=rounded(15.0 + 3.0 * u[5]), figure=rounded(0.2 * figure))
    age = rounded(16 + 68 * u[3] * (0.55 + 0.45 * u[3]))
    height = 1.705 - 0.065 * (1 if figure > 0 else -1) + 0.07 * (u[4] + u[6] + u[7] - 1.5) / 0.5
    return PersonShape(height_m=rounded(height), age_years=age, bmi_kg_m2=rounded(19.5 + 7.0 * u[5] + 6.0 * u[8] * u[9]), figure=figure)


def _child_m(age: float) -> float:
    """The median height of children (WHO)."""
    return 0.87 + 0.073 * (age - 2.0) if age < 6 else 1.16 + 0.058 * (age - 6.0)


def _dressed(person: PersonShape, u: list[float], population: Population) -> PersonShape:
    woman, child, cold = person.figure > 0, person.age_years < 14, u[10] > population.warmth
    hot = u[10] < population.warmth - 0.45
    grey = (person.age_years - 42) / 35
    hair_color = _pick(u[12], _GREYS if u[11] < grey else _HAIRS)
    skin = _pick(u[13], _SKINS)
    styles = [("short", 4), ("crop", 3), ("curly", 1), ("none", max(grey, 0.15))]
    hair = _pick(u[14], [("long", 3), ("bob", 2), ("ponytail", 2.5), ("bun", 1), ("short", 1)] if woman else styles)
    if cold:
        tops = [("jacket", 4), ("coat", 3 if woman else 2), ("parka", 2.5), ("hoodie", 1.5), ("jumper", 1), ("suit", 0.6)]
    elif hot:
        tops = [("t-shirt", 6), ("shirt", 1.5), ("vest", 1), ("dress", 1.5 if woman else 0)]
    else:
        tops = [("jumper", 3), ("shirt", 3), ("jacket", 3), ("hoodie", 2), ("t-shirt", 2), ("suit", 1.2), ("dress", 0.8 if woman else 0)]
    if child:
        tops = [(top, weight) for top, weight in tops if top not in ("suit", "coat", "shirt")]
    top = _pick(u[15], tops)
    if population.hi_vis and u[16] < population.hi_vis and not child:
        top = "hi-vis"
    bright = rgb_from_hsv(u[17], 0.35 + 0.5 * u[18], 0.25 + 0.55 * u[19])
    colored = u[20] < (0.75 if child else 0.4 if top in ("t-shirt", "dress", "jumper", "hoodie") else 0.22)
    color = (
        _pick(u[21], _HI_VIS)
        if top == "hi-vis"
        else bright
        if colored
        else _pick(u[21], [*_DARK, *_WOOL] if top in ("coat", "suit", "parka") else [*_DARK, *_PALE])
    )
    knitted = top in ("t-shirt", "jumper", "vest", "dress")
    patterns = [("plain", 6), ("stripes", 1 if knitted else 0), ("checks", 3 if top == "shirt" else 0), ("dots", 0.7 if top == "dress" else 0)]
    pattern = _pick(u[22], [*patterns, ("print", 2 if top in ("t-shirt", "hoodie") else 0)])
    bottoms = [("trousers", 8), ("shorts", 5 if hot else 0.2)]
    bottom = _pick(u[23], [*bottoms, ("leggings", 2), ("skirt", 1.2), ("long-skirt", 0.5)] if woman else bottoms)
    jeans = bottom in ("trousers", "shorts") and u[24] < 0.5
    second = _pick(u[26], [*_PALE, *_DARK])
    bag = _pick(u[27], [("backpack", 3), ("shoulder-bag", 2), ("handbag", 1.2 if woman else 0.1), ("shopping", 1.5), ("briefcase", 0.5)])
    umbrella = u[28] < population.umbrellas
    return replace(
        person,
        skin=skin,
        hair=hair,
        hair_color=hair_color,
        beard=not woman and not child and u[35] > 0.75,
        top=top,
        top_fabric=Fabric(color=_muted(color), pattern=pattern, second=second),
        bottom=bottom,
        bottom_fabric=Fabric(color=_pick(u[25], _JEANS if jeans else [*_DARK, *_PALE[1:]]), pattern="denim" if jeans else "plain"),
        shoe=_pick(u[29], [("shoes", 3), ("trainers", 3), ("boots", 1.5 if cold else 0.3), ("sandals", 1 if hot else 0)]),
        shoe_color=_pick(u[30], _SHOES),
        hat=_pick(u[31], [(None, 8), ("cap", 0.7), ("beanie", 1.2 if cold else 0.1), ("brim", 0.25), ("headscarf", 0.4 if woman else 0)]),
        hat_color=_pick(u[32], [*_DARK, *_PALE]),
        bag=bag if u[33] < population.carrying and not (child and bag != "backpack") else None,
        bag_color=_pick(u[34], [*_DARK, *_SHOES]) if u[35] < 0.8 else rgb_from_hsv(u[36], 0.7, 0.6),
        umbrella=(_pick(u[37], _DARK) if u[38] < 0.6 else rgb_from_hsv(u[39], 0.8, 0.6)) if umbrella else None,
        phone=not umbrella and not child and u[38] > 0.93,
    )


def _muted(color: Rgb) -> Rgb:
    return rounded(color[0]), rounded(color[1]), rounded(color[2])
