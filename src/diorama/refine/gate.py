"""The label gate: whether the labels of a set of renderings are still right for its pictures after refinement.

Labels are right when nothing moved, nothing appeared and nothing went away. Tones may change as they like: before anything is compared, each channel
of the refined picture is given the distribution that it had, which takes back every change of exposure, contrast and colour of a picture as a whole.
What is compared then: places of corners at label edges, edges, outlines of labelled objects, and what a network sees that was trained on the set.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from diorama.refine.base import Pictures, Rendered, Renderings, Rgb
from diorama.refine.class_ratios import ious, ratios
from diorama.refine.edges import Edges, compared
from diorama.refine.oracle import Oracle
from diorama.refine.shift import shifts
from diorama.refine.transfer import cumulated, matched
from diorama.sim.errors import InvalidValue

#: Places that a picture must have to be judged by its own, and the share of all places that must show the same thing before and after.
_FEW_PLACES, _LEAST_COMPARED = 8, 0.5
#: Pixels of edges that an outline must have, or a thing that is new, to be judged.
_FEW_EDGES = 15
#: The network saw an object that it held for something labelled in this share of its pixels.
_SAW = 0.6
#: It knows a class with this intersection over union, and knows it well with this one: of less, ratios come by chance.
_KNOWS, _KNOWS_WELL = 0.3, 0.5
#: Above, the network is sure that there is something labelled; below one minus it, that there is not.
_SURE = 0.7
#: Objects that the network lost or found anew are only counted where these shares of edges are gone, or new: objects do not come and go
#: without. More contrast makes some new ones.
_CHANGED_EDGES, _NEW_EDGES = 0.3, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """Limits of what may change.

    `shift_px` of 95 in 100 places over all, and of half of the places of any picture; `edges` and `outlines` that must be kept, as F1 and as share
    of an object's outline, in any picture; `classes` is the ratio of the network's mean intersection over union after and before, `each_class` that
    of any class that fills `class_share` of what is labelled: what the ratio may be by the chance of which pictures are looked at must reach it, and
    the ratio itself `each_class_least` where the network knows the class well. Objects that fill less than `object_share` of a picture are not
    asked for.
    """

    shift_px: float = 0.25
    edges: float = 0.95
    outlines: float = 0.6
    classes: float = 0.97
    each_class: float = 0.97
    each_class_least: float = 0.93
    class_share: float = 0.02
    object_share: float = 0.003

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value <= (8 if field.name == "shift_px" else 1):
                raise InvalidValue(f"GateSettings: {field.name} must be above 0, and 1 at most (8 for shift_px), got {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing that was measured: `value` may not be beyond `limit`, below it for what `must_reach` it. NaN could not be measured, and fails.

    `worst` are numbers of pictures (from 0) that are beyond the limit, the worst first.
    """

    name: str
    value: float
    limit: float
    must_reach: bool
    worst: tuple[int, ...] = ()
    remark: str = ""

    @property
    def passed(self) -> bool:
        return self.value >= self.limit if self.must_reach else self.value <= self.limit


@dataclass(frozen=True, slots=True)
class GateReport:
    """All measures of `pictures` pictures."""

    pictures: int
    measures: tuple[Measure, ...]

    @property
    def passed(self) -> bool:
        """Not when nothing was measured."""
        return bool(self.measures) and all(measure.passed for measure in self.measures)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of measures that failed."""
        return tuple(measure.name for measure in self.measures if not measure.passed)


def gate(
    before: Renderings,
    after: Pictures,
    oracle: Oracle,
    settings: GateSettings | None = None,
    *,
    numbers: Sequence[int] | None = None,
    advance: Callable[[], None] = lambda: None,
) -> GateReport:
    """Compare pictures one by one, all or those of these `numbers`, each read once; `advance` is called after each.

    Raises InvalidValue for sets that do not belong together.
    """
    settings = settings or GateSettings()
    if len(before) != len(after) or not len(before):
        raise InvalidValue(f"a gate compares each picture with what became of it, and there are {len(before)} before and {len(after)} after")
    numbers = range(len(before)) if numbers is None else numbers
    if not numbers:
        raise InvalidValue("a gate compares one picture at least")
    seen = []
    for number in numbers:
        picture, refined = before[number], after[number]
        if refined.shape != picture.rgb.shape or refined.dtype != np.uint8:
            raise InvalidValue(
                f"picture {number} was {picture.rgb.shape} uint8, and is {refined.shape} {refined.dtype} after refinement; only colours may change"
            )
        seen.append(_compared(picture, refined, oracle, settings))
        advance()
    measures = (*_places(seen, settings), *_lines(seen, settings), *_classes(seen, oracle, settings), *_objects(seen))
    return GateReport(len(seen), tuple(replace(measure, worst=tuple(numbers[k] for k in measure.worst)) for measure in measures))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """What is known of one picture: how far its places moved, (n,) px, of how many; F1 of its edges; the share that is left of the poorest outline;
    (classes, classes) pixels by label and by what the network saw, before and after; objects that are lost and new.
    """

    moved_px: NDArray[np.float64]
    places: int
    edges: float
    outline: float
    confusions: tuple[NDArray[np.int64], NDArray[np.int64]]
    lost: int
    new: int


def _compared(picture: Rendered, refined: Rgb, oracle: Oracle, settings: GateSettings) -> _Seen:
    neutral = matched(refined, cumulated(picture.rgb))
    moved, places = shifts(picture, neutral)
    edges = compared(picture.rgb, neutral)
    if edges.f1 < settings.edges:
        # Where light falls off towards the corners, tones of the whole have no counterpart; and colours may be mixed. What explains most counts.
        unmixed = matched(_unmixed(refined, picture.rgb), cumulated(picture.rgb))
        edges = max(edges, compared(picture.rgb, refined), compared(picture.rgb, unmixed), key=lambda found: found.f1)
    least_px = settings.object_share * picture.instance.size
    target = oracle.targets(picture.category)
    (was, sure_before), (now, sure_after) = (oracle.seen(rgb) for rgb in (picture.rgb, neutral))
    if not oracle.covers(picture.category):
        raise InvalidValue("there is something labelled that the network was not trained on; give it the data set that was refined")
    count = oracle.outputs
    confusions = tuple(np.bincount((target * count + kind).ravel(), minlength=count**2).reshape(count, count) for kind in (was, now))
    outlines, lost = _instances(picture, edges, sure_before, sure_after, least_px)
    return _Seen(
        moved_px=np.hypot(moved[:, 0], moved[:, 1]),
        places=places,
        edges=edges.f1,
        outline=min(outlines, default=1.0),
        confusions=(confusions[0], confusions[1]),
        lost=lost,
        new=_new(picture, edges, sure_before, sure_after, least_px),
    )


def _unmixed(refined: Rgb, wanted: Rgb) -> Rgb:
    """The colours that the affine map of colours gives which comes nearest to what they were, by least squares at a quarter of the size."""
    few, few_wanted = (
        cv2.resize(rgb, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float64) for rgb in (refined, wanted)
    )
    known = torch.from_numpy(np.c_[few, np.ones(len(few))])
    matrix = torch.linalg.lstsq(known, torch.from_numpy(few_wanted)).solution.T.contiguous().numpy()
    return np.clip(np.rint(cv2.transform(refined.astype(np.float64), matrix)), 0, 255).astype(np.uint8)


def _instances(
    picture: Rendered, edges: Edges, sure_before: NDArray[np.float32], sure_after: NDArray[np.float32], least_px: float
) -> tuple[list[float], int]:
    """Of each labelled object that is large enough, the share of its outline that is left; and how many the network does not see any more."""
    shares, lost = [], 0
    square = np.ones((3, 3), np.uint8)
    for number in np.unique(picture.instance[picture.category > 0]):
        mask = picture.instance == number
        if mask.sum() < least_px:
            continue
        solid = mask.astype(np.uint8)
        outline = (cv2.dilate(solid, square) != cv2.erode(solid, square)) & edges.before
        share = float(edges.kept[outline].mean()) if outline.sum() >= _FEW_EDGES else 1.0
        shares.append(share)
        saw, sees = float(sure_before[mask].mean()), float(sure_after[mask].mean())
        lost += saw >= _SAW and sees < saw / 2 and share < 1 - _CHANGED_EDGES
    return shares, lost


def _new(picture: Rendered, edges: Edges, sure_before: NDArray[np.float32], sure_after: NDArray[np.float32], least_px: float) -> int:
    """How many things the network sees where it saw none, nothing is labelled, and edges are that were not."""
    labelled: Any = cv2.dilate((picture.category > 0).astype(np.uint8), np.ones((5, 5), np.uint8))
    appeared = (sure_after > _SURE) & (sure_before < 1 - _SURE) & (labelled == 0)
    opened: Any = cv2.morphologyEx(appeared.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, parts, facts, _ = cv2.connectedComponentsWithStats(opened)
    found = 0
    for number in range(1, count):
        if facts[number, cv2.CC_STAT_AREA] < least_px:
            continue
        around: Any = cv2.dilate((parts == number).astype(np.uint8), np.ones((9, 9), np.uint8))
        here = edges.after & (around > 0)
        found += here.sum() >= _FEW_EDGES and 1 - edges.known[here].mean() >= _NEW_EDGES
    return found


def _places(seen: list[_Seen], settings: GateSettings) -> tuple[Measure, Measure]:
    limit = settings.shift_px
    moved = np.concatenate([one.moved_px for one in seen])
    places = sum(one.places for one in seen)
    enough = len(moved) > 0 and len(moved) >= _LEAST_COMPARED * places
    remark = f"{len(moved)} of {places} places show the same thing" if places else "no corners at label edges"
    own = [float(np.quantile(one.moved_px, 0.95)) if len(one.moved_px) else 0.0 for one in seen]
    middle = [float(np.median(one.moved_px)) if len(one.moved_px) >= _FEW_PLACES else 0.0 for one in seen]
    worst = tuple(np.argsort(-np.array(own), kind="stable")[: sum(value > limit for value in own)].tolist())
    value = float(np.quantile(moved, 0.95)) if enough else float("nan")
    return (
        Measure(name="shift", value=value, limit=limit, must_reach=False, worst=worst, remark=remark),
        _of_each("shift of a picture", middle, limit, must_reach=False),
    )


def _lines(seen: list[_Seen], settings: GateSettings) -> tuple[Measure, Measure]:
    return (
        _of_each("edges", [one.edges for one in seen], settings.edges, must_reach=True),
        _of_each("outlines", [one.outline for one in seen], settings.outlines, must_reach=True),
    )


def known_classes(confusion: NDArray[np.int64], share: float, least: float = _KNOWS) -> NDArray[np.int64]:
    """Outputs that the network knows well enough for its word to mean something, by (outputs, outputs) pixels by label and by what it saw; of those
    that fill this share of what is labelled.
    """
    labelled = confusion.sum(axis=1)
    return np.flatnonzero((labelled >= share * max(labelled[1:].sum(), 1)) & (ious(confusion) >= least))


def _classes(seen: list[_Seen], oracle: Oracle, settings: GateSettings) -> tuple[Measure, ...]:
    before, after = (np.stack([one.confusions[side] for one in seen]) for side in (0, 1))
    whole = before.sum(axis=0)
    known = known_classes(whole, settings.class_share)
    names = ("classes", settings.classes), ("each class", settings.each_class), ("poorest class", settings.each_class_least)
    if not (known > 0).any():
        nothing = f"the network knows none of {oracle.outputs - 1} classes well enough; give it more steps, or more pictures"
        return tuple(Measure(name=name, value=float("nan"), limit=limit, must_reach=True, remark=nothing) for name, limit in names)
    well = known_classes(whole, settings.class_share, _KNOWS_WELL)
    well = well if (well > 0).any() else known
    one, other, (ratio, upper) = ious(whole), ious(after.sum(axis=0)), ratios(before, after)
    words = ["nothing", *(str(number) for number in oracle.classes), "others"]
    filled = whole.sum(axis=1)
    share = filled[known[known > 0]].sum() / max(filled[1:].sum(), 1)
    about = f"intersection over union {one[well].mean():.3f} before; {share:.0%} of what is labelled is known"
    doubted, poorest = int(known[np.argmin(upper[known])]), int(well[np.argmin(ratio[well])])
    found = (
        (float(other[well].mean() / one[well].mean()), about),
        (float(upper[doubted]), f"category {words[doubted]}: {ratio[doubted]:.3f}, and by chance up to this"),
        (float(ratio[poorest]), f"category {words[poorest]}: {one[poorest]:.3f} before"),
    )
    both = zip(names, found, strict=True)
    return tuple(Measure(name=name, value=value, limit=limit, must_reach=True, remark=remark) for (name, limit), (value, remark) in both)


def _objects(seen: list[_Seen]) -> tuple[Measure, ...]:
    out = []
    for name, counts in (("objects lost", [one.lost for one in seen]), ("objects new", [one.new for one in seen])):
        worst = tuple(np.argsort(-np.array(counts), kind="stable")[: sum(count > 0 for count in counts)].tolist())
        out.append(Measure(name=name, value=float(sum(counts)), limit=0.0, must_reach=False, worst=worst))
    return tuple(out)


def _of_each(name: str, values: list[float], limit: float, *, must_reach: bool) -> Measure:
    """The worst of all pictures."""
    sign = 1 if must_reach else -1
    order = np.argsort(sign * np.array(values), kind="stable")
    beyond = tuple(int(number) for number in order if sign * values[number] < sign * limit)
    return Measure(name=name, value=values[order[0]], limit=limit, must_reach=must_reach, worst=beyond)
