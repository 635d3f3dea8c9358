"""Labels of grasps: of each thing in a scene that has settled, how a gripper can hold it there, and whether physics lets it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import AssetError
from diorama.sim.frame import Grasps
from diorama.sim.grasping.asset_grasps import AssetGrasps, Search, spread
from diorama.sim.grasping.candidates import candidates
from diorama.sim.grasping.settings import Grasping
from diorama.sim.seeds import Seed
from diorama.sim.spec import Attempt, BodySpec, Pose, SceneSpec, Verdict
from diorama.sim.transforms import Matrix, Vec3, compose, normalize_quat

#: All candidates of an asset are looked at; few have more.
_CANDIDATES = 4096
#: As many times more than are labelled are drawn by lot, of which the ones that lie farthest apart are kept.
_LOTS = 4
#: The share of the labels that is of grasps which the gripper does not get to.
_OUT_OF_REACH = 0.25
#: Noise of trials, evenly up to: of where the gripper is along each axis, of how it is turned about each, and of the friction, as a factor.
_NOISE_M, _NOISE_RAD, _NOISE_FRICTION = 0.004, 0.06, 0.3


class Trials(Protocol):
    """What of physics labels need."""

    def reachable(self, spec: SceneSpec, attempts: Sequence[Attempt]) -> ArrayLike:
        """Whether the gripper of each attempt gets to its place without touching anything."""
        ...

    def grasp(self, spec: SceneSpec, attempt: Attempt) -> Verdict:
        """What comes of an attempt."""
        ...


def label_grasps(spec: SceneSpec, library: AssetLibrary, physics: Trials, settings: Grasping, seed: Seed) -> Grasps:
    """Grasps of the labelled bodies that can move, by `Grasping`, in the order of the bodies.

    `spec` is at rest. Where the gripper gets to most of what it could hold by itself, a quarter of the labels is of what it does not get to, and
    fewer only where there is less. Things that nothing can be found on (an open surface, one too wide) have none. What is drawn for a body does not
    depend on other bodies, but for these being in the way.
    """
    bodies = [_candidates(index, body, spec, library, settings, seed.child("body", body.name)) for index, body in enumerate(spec.bodies)]
    held = [every for every in bodies if every is not None]
    free = np.asarray(physics.reachable(spec, [attempt for every in held for attempt in every.attempts]), np.bool_)
    ends = np.cumsum([0, *map(len, held)])
    found = [_labelled(every, free[start:end], spec, physics, settings) for every, start, end in zip(held, ends[:-1], ends[1:], strict=True)]
    empty = {name: np.zeros((0, *shape), dtype) for name, (shape, dtype) in _COLUMNS.items()}
    return Grasps(gripper=settings.tool, **{name: np.concatenate([none, *(one[name] for one in found)]) for name, none in empty.items()})


_COLUMNS: dict[str, tuple[tuple[int, ...], type]] = {
    "body_index": ((), np.int32),
    "world_from_gripper": ((4, 4), np.float64),
    "width_m": ((), np.float64),
    "opening_m": ((), np.float64),
    "quality": ((), np.float64),
    "alone": ((), np.float64),
    "reachable": ((), np.bool_),
    "success": ((), np.float64),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidates:
    """All that may be labelled of one body, in the world: rows of what was `found` of it."""

    index: int
    body: BodySpec
    seed: Seed
    found: AssetGrasps
    rows: NDArray[np.int64]
    poses: Matrix
    attempts: tuple[Attempt, ...]

    def __len__(self) -> int:
        return len(self.rows)


def _candidates(index: int, body: BodySpec, spec: SceneSpec, library: AssetLibrary, settings: Grasping, seed: Seed) -> _Candidates | None:
    if body.is_static or not body.category:
        return None
    search = Search(count=_CANDIDATES, friction=settings.friction, approach_m=settings.approach_m, clearance_m=settings.clearance_m)
    try:
        found = candidates(library, body.shape, settings.tool, search)
    except AssetError:
        return None
    poses = compose(body.world_from_body.matrix, found.body_from_gripper)
    rows = np.flatnonzero(_leans(poses, spec.physics.gravity_m_s2) >= math.cos(math.radians(settings.lean_deg)))
    attempts = tuple(
        Attempt(gripper=settings.tool, world_from_gripper=Pose.from_matrix(pose), opening_m=opening or None, approach_m=settings.approach_m)
        for pose, opening in zip(poses[rows], found.opening_m[rows].tolist(), strict=True)
    )
    return _Candidates(index=index, body=body, seed=seed, found=found, rows=rows, poses=poses[rows], attempts=attempts)


def _labelled(every: _Candidates, free: NDArray[np.bool_], spec: SceneSpec, physics: Trials, settings: Grasping) -> dict[str, NDArray[Any]]:
    """The labels of one body, by the names of `Grasps`."""
    chosen = _chosen(every, free, settings.per_body)
    attempts = [every.attempts[k] for k in chosen.tolist()]
    success, alone = np.full(len(chosen), np.nan), np.full(len(chosen), np.nan)
    for row in np.flatnonzero(free[chosen])[: settings.tried].tolist():
        verdict = physics.grasp(spec, attempts[row])
        success[row] = verdict.success and verdict.body == every.body.name
    for row, number in enumerate(chosen.tolist() if settings.trials else ()):
        alone[row] = _alone(spec, every.body, attempts[row], physics, settings.trials, every.seed.child("trials", int(every.rows[number])))
    rows = every.rows[chosen]
    return {
        "body_index": np.full(len(chosen), every.index, np.int32),
        "world_from_gripper": every.poses[chosen],
        "width_m": every.found.width_m[rows],
        "opening_m": every.found.opening_m[rows],
        "quality": every.found.quality[rows],
        "alone": alone,
        "reachable": free[chosen],
        "success": success,
    }


def _chosen(every: _Candidates, free: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Which of a body's are labelled: first what the gripper gets to, then what it does not."""
    within, without = np.flatnonzero(free), np.flatnonzero(~free)
    spared = max(min(len(without), int(count * _OUT_OF_REACH)), count - len(within))
    return np.concatenate([_spread(every, within, count - spared, "within"), _spread(every, without, spared, "without")])


def _spread(every: _Candidates, numbers: NDArray[np.int64], count: int, reach: str) -> NDArray[np.int64]:
    """At most `count` of the numbers: drawn by lot, and of these the ones that lie farthest apart."""
    if len(numbers) > count:
        numbers = np.sort(every.seed.child("lots", reach).rng().permutation(numbers)[: _LOTS * count])
    if not len(numbers):
        return numbers
    poses = every.poses[numbers]
    places = poses[:, :3, 3]
    size = max([0.01, *np.ptp(places, axis=0).tolist()])
    return numbers[spread(count, every.found.quality[every.rows[numbers]], places / size, poses[:, :3, 0], poses[:, :3, 2])]


def _leans(poses: Matrix, gravity: Vec3) -> NDArray[np.float64]:
    """(n,) the cosine of the angle between grippers' approaches and straight down."""
    x, y, z = gravity
    strength = math.sqrt(x * x + y * y + z * z)
    x, y, z = (x / strength, y / strength, z / strength) if strength > 0 else (0.0, 0.0, -1.0)
    return poses[:, 0, 2] * x + poses[:, 1, 2] * y + poses[:, 2, 2] * z


def _alone(spec: SceneSpec, body: BodySpec, attempt: Attempt, physics: Trials, trials: int, seed: Seed) -> float:
    """The share of trials that succeed where there is nothing else: the thing hangs where it lay, until the jaws have closed."""
    held = 0
    for trial in range(trials):
        rng = seed.child(trial).rng()
        *shift, a, b, c, slick = (2 * rng.random(7) - 1).tolist()
        x, y, z = (s * _NOISE_M for s in shift)
        noise = Pose((x, y, z), normalize_quat((1.0, *(turn * _NOISE_RAD / 2 for turn in (a, b, c)))))
        alone = spec.replace(bodies=(replace(body, friction=body.friction * (1 + _NOISE_FRICTION * slick)),), tracks=(), cameras=())
        pose = attempt.world_from_gripper.of(noise)
        held += physics.grasp(alone, replace(attempt, world_from_gripper=pose, weightless=True)).success
    return held / trials
