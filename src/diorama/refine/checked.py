"""The label gate as it runs on its own, after training and after refining: on some pictures of a set, and with what is known of the refiner."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from diorama.refine import checkpoint
from diorama.refine.base import Pictures, Refiner, spread
from diorama.refine.gan import Learned
from diorama.refine.gate import GateReport, GateSettings, Measure, gate, known_classes
from diorama.refine.live import Refined, one_thread
from diorama.refine.oracle import KIND, Oracle, OracleSettings, confusion
from diorama.refine.rendered_set import RenderedSet
from diorama.refine.residual import ROUNDING, most_codes
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

#: Pictures that are looked at unless more are asked for.
SOME = 64
#: Of strength, until labels are right: of the residual first, and with what is left of it, of the camera.
_SHARES = (1.0, 0.8, 0.6, 0.4, 0.2)
#: What the network must know of all that is labelled, to be asked about a set that it was not trained on.
_KNOWN = 1 / 3


def check_labels(
    rendered: RenderedSet,
    after: Pictures,
    refiner: Refiner,
    facts: Mapping[str, Any],
    *,
    pictures: int = SOME,
    oracle: Path | None = None,
    told: Callable[[str], Any] = lambda _: None,
    advance: Callable[[], None] = lambda: None,
) -> GateReport:
    """Whether labels of a set are right for what the refiner made of it: of so many pictures, evenly over the set, or of all (0).

    The network that is asked is the one in the file `oracle`, or else the one that the refiner's `facts` hold, as long as they know what is labelled
    here; or else it is trained now, and written to that file.
    """
    numbers = spread(len(rendered), pictures or len(rendered))
    with one_thread():
        return check_refined(rendered, after, refiner, _oracle(rendered, numbers, facts, oracle, told), numbers, advance=advance)


def check_refined(
    rendered: RenderedSet,
    after: Pictures,
    refiner: Refiner,
    oracle: Oracle,
    numbers: Sequence[int],
    *,
    settings: GateSettings | None = None,
    advance: Callable[[], None] = lambda: None,
) -> GateReport:
    """The same of the pictures of these `numbers`. A residual beyond its bound is no picture, and is all that is measured."""
    reaches = _reaches(rendered, refiner, numbers)
    if not all(measure.passed for measure in reaches):
        return GateReport(len(numbers), reaches)
    report = gate(rendered, after, oracle, settings, numbers=numbers, advance=advance)
    return replace(report, measures=(*report.measures, *reaches))


def strongest(
    rendered: RenderedSet, learned: Learned, oracle: Oracle, numbers: Sequence[int], *, told: Callable[[str], Any] = lambda _: None
) -> tuple[Learned, GateReport]:
    """The refiner with as much of its residual, and then of its camera, as the gate lets through on pictures of these `numbers`, or with the least of
    both where it lets none.
    """
    strengths = _strengths(has_residual=learned.residual is not None)
    for camera, residual in strengths:
        refiner = learned.weakened(camera=camera, residual=residual)
        with one_thread():
            report = check_refined(rendered, Refined(refiner, rendered), refiner, oracle, numbers)
        strength = f"camera at {camera:.0%}" + (f", residual at {residual:.0%}" if learned.residual is not None else "")
        told(f"{strength}: " + ("labels are right" if report.passed else f"the gate fails by {', '.join(report.failed)}"))
        if report.passed or (camera, residual) == strengths[-1]:
            return refiner, report
    raise AssertionError("there is a last one")


def _strengths(*, has_residual: bool) -> list[tuple[float, float]]:
    """Shares of the camera and of the residual, the strongest first."""
    if not has_residual:
        return [(share, 1.0) for share in _SHARES]
    return [(1.0, share) for share in _SHARES] + [(share, _SHARES[-1]) for share in _SHARES[1:]]


def summary(report: GateReport) -> dict[str, Any]:
    """What is stored of a report: numbers and words alone."""
    measures = {measure.name: {"value": measure.value, "limit": measure.limit, "passed": measure.passed} for measure in report.measures}
    return {"passed": report.passed, "pictures": report.pictures, "measures": measures}


def trained_oracle(rendered: RenderedSet, seed: int, settings: OracleSettings | None = None) -> Oracle:
    """The network for this set, the same for the same `seed`."""
    with one_thread():
        return Oracle.trained(rendered, Seed(seed).child("oracle"), settings)


def _oracle(rendered: RenderedSet, numbers: Sequence[int], facts: Mapping[str, Any], path: Path | None, told: Callable[[str], Any]) -> Oracle:
    stored = [checkpoint.read_plain(path, KIND)] if path is not None and path.exists() else [facts["oracle"]] if "oracle" in facts else []
    for state in stored:
        oracle = Oracle.from_state(state)
        if _knows(oracle, rendered, numbers):
            return oracle
    if path is not None and path.exists():
        raise InvalidValue(f"{path}: this network knows too little of what is labelled in {rendered.root}; name another file, to train one anew")
    told("training the network that has to see the same before and after ...")
    oracle = trained_oracle(rendered, 0)
    if path is not None:
        checkpoint.write_plain(path, KIND, oracle.state())
    return oracle


def _knows(oracle: Oracle, rendered: RenderedSet, numbers: Sequence[int]) -> bool:
    """Whether classes that it knows fill enough of what is labelled in these pictures."""
    counts = np.zeros((oracle.outputs, oracle.outputs), np.int64)
    for number in numbers:
        picture = rendered[number]
        if not oracle.covers(picture.category):
            return False
        counts += confusion(oracle, picture.rgb, oracle.targets(picture.category))
    known = [k for k in known_classes(counts, 0.0) if k > 0]
    filled = counts.sum(axis=1)
    return bool(filled[known].sum() >= _KNOWN * max(filled[1:].sum(), 1))


def _reaches(rendered: RenderedSet, refiner: Refiner, numbers: Sequence[int]) -> tuple[Measure, ...]:
    """How far the residual moves colours, against its own bound. Nothing without one."""
    if not isinstance(refiner, Learned) or refiner.residual is None:
        return ()
    reaches = np.array([refiner.reach(rendered[number], rendered.seed_of(number)) for number in numbers])
    bound = refiner.residual.bound
    out = []
    for name, values, limit in (("residual, logits", reaches[:, 0], bound + ROUNDING), ("residual, codes", reaches[:, 1], most_codes(bound) + 0.5)):
        beyond = tuple(number for number, value in zip(numbers, values, strict=True) if not value <= limit)
        out.append(Measure(name=name, value=float(np.max(values)), limit=limit, must_reach=False, worst=beyond))
    return tuple(out)
