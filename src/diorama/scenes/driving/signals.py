"""Signals of a junction: one road after another goes, and then all who walk."""

from collections.abc import Sequence

from diorama.sim.spec import Signal
from diorama.sim.spec.roads import SignalState

_AMBER_S, _CLEAR_S, _READY_S = 3.0, 1.5, 1.0
#: People who stepped out on green take so long to the other side.
_WALKED_S = 9.0
WALK = "signal-walk"


def name_of(road: str) -> str:
    """What the signal of a road is called."""
    return f"signal-{road}"


def signals(roads: Sequence[str], greens_s: Sequence[float], walk_s: float, start_s: float) -> list[Signal]:
    """A signal for each road that comes to a junction, and one for all crossings; no two are green at once. The first road's green began at
    -`start_s`.
    """
    ended = _AMBER_S + _CLEAR_S + _READY_S
    walked = walk_s + _WALKED_S if walk_s > 0 else 0.0
    cycle = sum(greens_s) + ended * len(roads) + walked
    out: list[Signal] = []
    begin = 0.0
    for road, green in zip(roads, greens_s, strict=True):
        rest = cycle - green - _AMBER_S - _READY_S
        phases: tuple[tuple[SignalState, float], ...] = (("green", green), ("amber", _AMBER_S), ("red", rest), ("red-amber", _READY_S))
        out.append(Signal(name=name_of(road), phases=phases, offset_s=round((start_s - begin) % cycle, 4)))
        begin += green + ended
    if walk_s > 0:
        phases = (("green", walk_s), ("red", cycle - walk_s))
        out.append(Signal(name=WALK, phases=phases, offset_s=round((start_s - begin) % cycle, 4)))
    return out
