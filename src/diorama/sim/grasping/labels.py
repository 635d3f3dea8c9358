"""Labels of grasps: of each thing in a scene that has settled, how a gripper can hold it there, and whether physics lets it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import AssetError
from diorama.sim.frame import Grasps
from diorama.sim.grasping.asset_grasps import AssetGrasps, Search, spread
from diorama.sim.grasping.candidates import candidates
from diorama.sim.grasping.settings import Grasping
from diorama.sim.seeds import Seed
from diorama.sim.spec import Attempt, BodySpec, Pose, SceneSpec, Verdict
from diorama.sim.spec.grasps import Gripper, JawGripper
from diorama.sim.transforms import Matrix, Vec3, compose, normalize_quat

#: All candidates of an asset are looked at; few have more.
_CANDIDATES = 4096
#: Of those that a scene leaves, as many times more than are labelled are drawn by lot, and of these the ones that lie farthest apart are kept.
_LOTS = 4
#: Noise of trials, evenly up to: of where the gripper is along each axis, of how it is turned about each, and of the friction, as a factor.
_NOISE_M, _NOISE_RAD, _NOISE_FRICTION = 0.004, 0.06, 0.3


class Trials(Protocol):
    """What of physics labels need."""

    def reachable(self, spec: SceneSpec, attempts: Sequence[Attempt]) -> Sequence[bool]:
        """Whether the gripper of each attempt gets to its place without touching anything."""
        ...

    def grasp(self, spec: SceneSpec, attempt: Attempt) -> Verdict:
        """What comes of an attempt."""
        ...


def label_grasps(spec: SceneSpec, library: AssetLibrary, physics: Trials, settings: Grasping, seed: Seed) -> Grasps:
    """Grasps of the labelled bodies that can move, by `Grasping`, in the order of the bodies.

    `spec` is at rest. Which grasps of a body there are depends on the body alone, and what is said of them on the scene. Things that nothing can be
    found on (an open surface, one too wide) have none.
    """
    bodies = [_candidates(index, spec, library, settings, seed) for index in range(len(spec.bodies))]
    chosen = [one for one in bodies if one is not None]
    reachable = list(physics.reachable(spec, [attempt for one in chosen for attempt in one.attempts]))
    success, alone = np.full(len(reachable), np.nan), np.full(len(reachable), np.nan)
    row = 0
    for one in chosen:
        left = settings.tried
        for number, attempt in enumerate(one.attempts):
            if settings.trials:
                alone[row] = _alone(spec, one.body, attempt, physics, settings.trials, one.seed.child("trials", number))
            if left and reachable[row]:
                verdict = physics.grasp(spec, attempt)
                success[row] = verdict.success and verdict.body == one.body.name
                left -= 1
            row += 1
    return Grasps(
        gripper=settings.tool,
        body_index=np.array([one.index for one in chosen for _ in one.attempts], np.int32),
        world_from_gripper=np.concatenate([np.zeros((0, 4, 4)), *(one.world_from_gripper for one in chosen)]),
        width_m=np.concatenate([np.zeros(0), *(one.width_m for one in chosen)]),
        opening_m=np.concatenate([np.zeros(0), *(one.opening_m for one in chosen)]),
        quality=np.concatenate([np.zeros(0), *(one.quality for one in chosen)]),
        alone=alone,
        reachable=np.array(reachable, np.bool_),
        success=success,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _OfBody:
    """The grasps of one body that are to be labelled."""

    index: int
    body: BodySpec
    seed: Seed
    world_from_gripper: Matrix
    width_m: NDArray[np.float64]
    opening_m: NDArray[np.float64]
    quality: NDArray[np.float64]
    attempts: tuple[Attempt, ...]


def _candidates(index: int, spec: SceneSpec, library: AssetLibrary, settings: Grasping, seed: Seed) -> _OfBody | None:
    body, own = spec.bodies[index], seed.child("body", spec.bodies[index].name)
    if body.is_static or not body.category:
        return None
    search = Search(count=_CANDIDATES, friction=settings.friction, approach_m=settings.approach_m)
    try:
        found = candidates(library, body.shape, settings.tool, search)
    except AssetError:
        return None
    poses = compose(body.world_from_body.matrix, found.body_from_gripper)
    rows = np.flatnonzero(_leans(poses, spec.physics.gravity_m_s2) >= math.cos(math.radians(settings.lean_deg)))
    rows = _chosen(found, rows, settings.per_body, own)
    if not len(rows):
        return None
    opening = _openings(settings.tool, found.width_m[rows], settings.clearance_m)
    attempts = tuple(
        Attempt(gripper=settings.tool, world_from_gripper=Pose.from_matrix(pose), opening_m=width or None, approach_m=settings.approach_m)
        for pose, width in zip(poses[rows], opening.tolist(), strict=True)
    )
    return _OfBody(
        index=index,
        body=body,
        seed=own,
        world_from_gripper=poses[rows],
        width_m=found.width_m[rows],
        opening_m=opening,
        quality=found.quality[rows],
        attempts=attempts,
    )


def _leans(poses: Matrix, gravity: Vec3) -> NDArray[np.float64]:
    """(n,) the cosine of the angle between grippers' approaches and straight down."""
    x, y, z = gravity
    strength = math.sqrt(x * x + y * y + z * z)
    x, y, z = (x / strength, y / strength, z / strength) if strength > 0 else (0.0, 0.0, -1.0)
    return poses[:, 0, 2] * x + poses[:, 1, 2] * y + poses[:, 2, 2] * z


def _chosen(found: AssetGrasps, rows: NDArray[np.int64], count: int, seed: Seed) -> NDArray[np.int64]:
    """At most `count` of the rows: drawn by lot, the first the best of these and the others far apart."""
    if len(rows) > count:
        rows = rows[np.sort(seed.child("lots").rng().permutation(len(rows))[: _LOTS * count])]
    poses = found.body_from_gripper[rows]
    places, closing, approach = poses[:, :3, 3], poses[:, :3, 0], poses[:, :3, 2]
    size = max([0.01, *np.ptp(places, axis=0).tolist()]) if len(rows) else 1.0
    return rows[spread(count, found.quality[rows], places / size, closing, approach)]


def _openings(gripper: Gripper, width_m: NDArray[np.float64], clearance_m: float) -> NDArray[np.float64]:
    if not isinstance(gripper, JawGripper):
        return np.zeros(len(width_m))
    return np.minimum(width_m + 2 * clearance_m, gripper.opening_m)


def _alone(spec: SceneSpec, body: BodySpec, attempt: Attempt, physics: Trials, trials: int, seed: Seed) -> float:
    """The share of trials that succeed where there is nothing else, not even gravity, as Eppner, Mousavian and Fox (ACRONYM, 2021) have it."""
    bare = replace(spec.physics, gravity_m_s2=(0.0, 0.0, 0.0))
    held = 0
    for trial in range(trials):
        rng = seed.child(trial).rng()
        x, y, z, *turns = (2 * rng.random(6) - 1).tolist()
        place = (x * _NOISE_M, y * _NOISE_M, z * _NOISE_M)
        a, b, c = (turn * _NOISE_RAD / 2 for turn in turns)
        slick = body.friction * (1 + _NOISE_FRICTION * (2 * float(rng.random()) - 1))
        pose = attempt.world_from_gripper.of(Pose(place, normalize_quat((1.0, a, b, c))))
        alone = spec.replace(bodies=(replace(body, friction=slick),), physics=bare, tracks=(), cameras=())
        held += physics.grasp(alone, replace(attempt, world_from_gripper=pose)).success
    return held / trials
