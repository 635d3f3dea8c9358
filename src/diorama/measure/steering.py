"""From what was measured to a plan that shows alike pictures, as far as its settings reach.

| measured | steered by |
|---|---|
| objects in a picture, of which categories, which together | `count` of an `objects` a category, all drawn together (variable `content`) |
| sizes of boxes, from picture to picture | `camera-shell.fill` |
| sizes of boxes inside a picture | `objects.scale` |
| where the objects are, from picture to picture | `camera-shell.aim` |
| exposure, colour balance, noise | `sensor`, all drawn together (variable `look`) |

Aspects of boxes, contrast and blur follow from all of a scene; they are compared in the report, and nothing steers them.

Some of it is only known when pictures have been made: how many objects are hidden, how large things come out, how bright a scene is by
itself. That is what `Knobs` hold, and `corrected` turns them by the difference of the moments of real and of tried pictures.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from diorama.measure.statistics import Statistics
from diorama.randomizers.distributions import Constant, Distribution, GaussianCopula, LogNormal, Normal, Truncated
from diorama.randomizers.fit import Fit, fit
from diorama.randomizers.fit_joint import JointFit, fit_joint
from diorama.sim.codec import to_json

#: So many categories have counts of their own; the others share one.
MOST_CATEGORIES = 10
#: Pictures are made no larger, and larger ones are looked at as if they were of this size.
LONGEST_PX = 640
#: What `camera-shell.fill` and `objects.scale` are held to.
_FILL, _SCALE = (0.06, 9.0), (0.4, 2.5)
_MOST_OBJECTS = 200
#: Of the sensor's settings, what each column of `look` is held to.
_LIMITS = {"exposure_ev": (-8.0, 8.0), "red_gain": (0.2, 5.0), "blue_gain": (0.2, 5.0), "noise": (0.0, 0.5)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """What pictures that were tried told. Spreads are standard deviations, `keep` the share of the measured spread that has to be added."""

    placed: float = 1.0
    log_fill: float = 0.0
    fill_spread: float = 0.0
    scale_spread: float = 0.0
    aim_spread: float = 0.0
    exposure_ev: float = 0.0
    exposure_keep: float = 0.0
    log_red: float = 0.0
    red_keep: float = 0.0
    log_blue: float = 0.0
    blue_keep: float = 0.0
    noise_floor: float = math.inf
    noise_rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Steered:
    """A plan document, and the fits that went into it.

    `matched` tells the assets' categories for the measured ones; `strangers` are those that the assets have not.
    """

    document: dict[str, Any]
    content: JointFit | Fit
    look: JointFit | None
    matched: dict[str, str]
    strangers: tuple[str, ...]


def steered(real: Statistics, knobs: Knobs, known: Collection[str], assets: tuple[str, ...] = ()) -> Steered:
    """The plan of a table top that shows what was measured. `known` are the categories of its assets."""
    matched = {name: match for name in real.frequencies if (match := _match(name, known)) is not None}
    strangers = tuple(name for name in real.frequencies if name not in matched)
    content, objects, variables = _objects(real, knobs, matched, strangers)
    look = _look(real, knobs)
    if look is not None:
        variables["look"] = look.chosen
    radius = math.exp(knobs.log_fill)
    # With a look that was measured, the colour of the light is part of it.
    lights, background = ({"name": n, "kelvin": 6500} if look is not None else n for n in ("lights", "background"))
    camera = {
        "name": "camera-shell",
        "fill": _held(LogNormal(_tidy(knobs.log_fill), _tidy(knobs.fill_spread)), *_FILL),
        "aim": Normal(0, _tidy(2 * knobs.aim_spread / radius)),
    }
    sensor: dict[str, Any] = {"name": "sensor"}
    if look is not None:
        sensor |= {"adaptation": 1, "error_ev": {"var": "look.exposure_ev"}, "read_noise": {"var": "look.noise"}, "shot_noise": 0}
        sensor |= {name: {"var": f"look.{name}"} for name in ("red_gain", "blue_gain")}
    width, height = _resolution(real)
    document = {
        "scenario": "tabletop",
        "variables": variables,
        "randomizers": [*objects, "drop", "materials", lights, background, camera, sensor],
        **({"assets": list(assets)} if assets else {}),
        "resolution": [width, height],
        "views": 1,
        "min_visible_objects": 0,
    }
    return Steered(document=to_json(document), content=content, look=look, matched=matched, strangers=strangers)


def corrected(knobs: Knobs, real: Statistics, tried: Statistics, step: float = 1.0) -> Knobs:
    """The knobs turned by how far the tried pictures are off, or by a part of it."""
    want, got = real.moments(), tried.moments()

    def spread(now: float, name: str, most: float) -> float:
        return min(math.sqrt(max(now**2 + step * (want[name] ** 2 - got[name] ** 2), 0.0)), most)

    def keep(now: float, name: str) -> float:
        whole = want[f"{name}_spread"] ** 2
        return math.sqrt(min(max(now**2 + step * (whole - got[f"{name}_spread"] ** 2) / whole, 0.0), 1.0)) if whole else 0.0

    has_sizes = math.isfinite(want["log_size"]) and math.isfinite(got["log_size"])
    turned = replace(knobs, placed=min(max(knobs.placed * (want["count"] / max(got["count"], 1e-3)) ** step, 0.5), 3.0))
    if has_sizes:
        turned = replace(
            turned,
            log_fill=min(max(knobs.log_fill + step * (want["log_size"] - got["log_size"]), math.log(_FILL[0]) + 0.2), math.log(_FILL[1]) - 0.2),
            fill_spread=spread(knobs.fill_spread, "log_size_between", 1.0),
            scale_spread=spread(knobs.scale_spread, "log_size_within", 0.5),
            aim_spread=spread(knobs.aim_spread, "offset_between", 0.5),
        )
    if "exposure_ev" in want:
        floor = min(knobs.noise_floor, got["noise"])
        rate = knobs.noise_rate
        if math.isfinite(knobs.noise_floor):
            meant, seen = (math.sqrt(max(x**2 - floor**2, 1e-12)) for x in (max(want["noise"], floor), got["noise"]))
            rate *= min(max(seen / meant, 0.25), 4.0) ** step if meant > 1e-5 else 1.0
        turned = replace(
            turned,
            exposure_ev=knobs.exposure_ev + step * (want["exposure_ev"] - got["exposure_ev"]),
            exposure_keep=keep(knobs.exposure_keep, "exposure_ev"),
            log_red=knobs.log_red + step * (want["log_red"] - got["log_red"]),
            red_keep=keep(knobs.red_keep, "log_red"),
            log_blue=knobs.log_blue + step * (want["log_blue"] - got["log_blue"]),
            blue_keep=keep(knobs.blue_keep, "log_blue"),
            noise_floor=floor,
            noise_rate=rate,
        )
    return turned


# --- objects ----------------------------------------------------------------------------------------------------


def _objects(
    real: Statistics, knobs: Knobs, matched: dict[str, str], strangers: tuple[str, ...]
) -> tuple[JointFit | Fit, list[dict[str, Any]], dict[str, Distribution]]:
    """How many of which there are: the fit, the randomizers, and the variable that their counts come from."""
    own = list(matched)[:MOST_CATEGORIES]
    rest = [name for name in matched if name not in own]
    groups: dict[str, tuple[tuple[str, ...], Any]] = {_slug(name): ((name,), {"constant": matched[name]}) for name in own}
    if rest:
        weights: dict[str, float] = {}
        for name in rest:
            weights[matched[name]] = weights.get(matched[name], 0) + real.frequencies[name]
        groups["others"] = (tuple(rest), {"choice": weights})
    if strangers or not groups:
        groups["any"] = (strangers, None)
    scale = _held(LogNormal(0, _tidy(knobs.scale_spread)), *_SCALE)
    table = {slug: _more(real.counts_of(names), knobs.placed) for slug, (names, _) in groups.items()}
    if len(groups) == 1:
        (categories,) = (c for _, c in groups.values())
        found = fit(next(iter(table.values())))
        count = found.chosen if found.chosen.is_whole else fit([min(n, _MOST_OBJECTS) for n in next(iter(table.values()))]).chosen
        return found, [_objects_entry("", count, categories, scale)], {}
    joint = fit_joint(table)
    entries = [_objects_entry(slug, {"var": f"content.{slug}"}, categories, scale) for slug, (_, categories) in groups.items()]
    return joint, entries, {"content": joint.chosen}


def _objects_entry(label: str, count: Any, categories: Any, scale: Distribution) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": "objects"}
    if label:
        entry["label"] = label
    entry["count"] = count
    if categories is not None:
        entry["categories"] = categories
    return entry | {"scale": scale}


def _more(counts: list[int], gain: float) -> list[int]:
    """Counts times a gain, whole: fractions are carried over to later ones, so that their sum is right."""
    order = sorted(range(len(counts)), key=lambda i: counts[i])
    out, carried = [0] * len(counts), 0.5
    for i in order:
        exact = counts[i] * gain + carried
        out[i] = min(int(exact), _MOST_OBJECTS)
        carried = exact - int(exact) if counts[i] else carried
    return out


def _match(name: str, known: Collection[str]) -> str | None:
    """The asset category that a measured one means: the same but for case, blanks and hyphens."""
    by_slug = {_slug(k): k for k in sorted(known)}
    return by_slug.get(_slug(name))


def _slug(name: str) -> str:
    """A name as labels are written."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in name.lower()).split()
    slug = "-".join(words)
    return slug if slug[:1].isalpha() else f"category-{slug or 'x'}"


# --- looks ------------------------------------------------------------------------------------------------------


def _look(real: Statistics, knobs: Knobs) -> JointFit | None:
    """The sensor's settings, drawn together, each picture's being what it would take to make a tried picture look like it."""
    looks = real.looks()
    if not looks["exposure_ev"]:
        return None
    rows = {
        "exposure_ev": _shrunk(looks["exposure_ev"], knobs.exposure_keep, knobs.exposure_ev),
        "red_gain": [math.exp(x) for x in _shrunk([math.log(x) for x in looks["red_gain"]], knobs.red_keep, knobs.log_red)],
        "blue_gain": [math.exp(x) for x in _shrunk([math.log(x) for x in looks["blue_gain"]], knobs.blue_keep, knobs.log_blue)],
        "noise": [math.sqrt(max(x**2 - knobs.noise_floor**2, 0.0)) / knobs.noise_rate for x in looks["noise"]],
    }
    held = {name: [_tidy(min(max(x, low), high)) for x in rows[name]] for name, (low, high) in _LIMITS.items()}
    joint = fit_joint(held)
    if isinstance(joint.chosen, GaussianCopula):
        marginals = {name: _held(marginal, *_LIMITS[name]) for name, marginal in joint.chosen.marginals}
        joint = replace(joint, chosen=GaussianCopula(marginals, joint.chosen.correlation))
    return joint


def _shrunk(values: list[float], keep: float, mean: float) -> list[float]:
    """The values about another mean, with a share of their spread."""
    middle = math.fsum(values) / len(values)
    return [mean + keep * (x - middle) for x in values]


def _held(distribution: Distribution, low: float, high: float) -> Distribution:
    """The distribution, cut where it would leave a range."""
    if isinstance(distribution, LogNormal) and not distribution.sigma:
        return Constant(_tidy(min(max(distribution.quantile(0.5), low), high)))
    reach = distribution.reach
    return distribution if reach is None or low <= reach[0] <= reach[1] <= high else Truncated(distribution, low, high)


def _resolution(real: Statistics) -> tuple[int, int]:
    width, height = real.resolution
    share = min(1.0, LONGEST_PX / max(width, height))
    return max(round(width * share), 16), max(round(height * share), 16)


def _tidy(value: float) -> float:
    return float(f"{value:.4g}")
