"""Settling with PyBullet: rigid bodies fall until all of them rest.

The result is a pure function of the spec, on every x86-64 machine alike. Two things stand in the way:

- What was simulated before. Each `settle` starts from an emptied world, and pairs of bodies are visited in order.
- The machine. Bullet is plain double-precision arithmetic, the same everywhere, but for the sine and cosine with which
  it turns a body in each step: they come from the C library, whose variants for different processors differ in the
  last bit of some results, and a pile of objects makes a last bit into another picture. So after each step every
  pose and velocity is rounded to a coarse grid (`_POSE_GRID`, `_SPEED_GRID`), on which such results are the same again.

Friction and restitution of two bodies in touch are the geometric means of both bodies' values.
"""

import ctypes
import importlib
import math
import os
import platform
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import AssetError, RejectedScene
from diorama.sim.physics.arm import Arm
from diorama.sim.physics.cup import CupTrial
from diorama.sim.physics.jaws import JawTrial
from diorama.sim.physics.play import Play
from diorama.sim.physics.reach import reachable
from diorama.sim.spec import Attempt, BodySpec, BoxShape, CylinderShape, JawGripper, PhysicsSpec, Pose, SceneSpec, SphereShape, Verdict
from diorama.sim.transforms import Vec3, normalize_quat


def _import_quietly() -> Any:
    """Import pybullet without the line that it writes to stderr.

    It writes with C's `fprintf(stderr, ...)`. For that moment the C variable `stderr` is pointed to another stream; file
    descriptor 2 is left alone, and with it Python's own stderr, other threads and child processes. Only glibc is
    known to allow this; elsewhere the line appears.
    """
    if platform.libc_ver()[0] != "glibc":
        return importlib.import_module("pybullet")
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    stderr = ctypes.c_void_p.in_dll(libc, "stderr")
    usual = stderr.value
    stderr.value = libc.fopen(os.devnull.encode(), b"w") or usual
    try:
        return importlib.import_module("pybullet")
    finally:
        stderr.value = usual  # the other stream stays open, in case a thread holds it


bullet = _import_quietly()

#: Bullet's margins and thresholds suit things a metre large, ours are a few centimetres. In a world ten times as large, its
#: margin of 1 mm around convex hulls is 0.1 mm, its contacts break at 2 mm, and so on.
_SCALE = 10.0

#: Grids that poses and velocities (of the enlarged world) are rounded to after each step: adding and taking away
#: 1.5 * 2**52 grid widths leaves the nearest multiple. 1e-9 in position and quaternion, 1e-6 per second in velocity.
_POSE_GRID = 1.5 * 2.0**52 * 2.0**-30
_SPEED_GRID = 1.5 * 2.0**52 * 2.0**-20

#: Faster than this is no fall but a fault of the simulation.
_MAX_SPEED_M_S = 50.0
#: The solver's effort. Where something sank deeper than this, a light thing under a heavy one, the scene rests again with more.
_ITERATIONS, _FIRM_ITERATIONS, _SUNK_M = 20, 200, 0.0005
#: Bodies that overlap deeper than this at rest have gone through each other.
_MAX_OVERLAP_M = 0.003
#: A rolling body is held back by the torque of its weight at this lever; without it, balls and cans never rest.
_ROLLING_LEVER_M = 0.002
#: Resistance to spinning on the spot: the radius of the patch of contact, in effect.
_SPINNING_LEVER_M = 0.003
#: The share of its spin that a body loses in a second, to the air and to what it cannot model.
_ANGULAR_DAMPING = 0.5
#: How often within `rest_time_s` bodies are looked at.
_CHECKS = 4
#: Rounding of the edges of boxes and cylinders.
_MARGIN_M = 0.0001
#: Unit of the files that hulls are handed over in, about a nanometre. Bullet reads numbers with `atof`, which in a program that set
#: a locale with a decimal comma stops at the point; whole numbers it reads alike everywhere.
_FILE_UNIT_M = 2.0**-30

_ENGINE = {
    "numSolverIterations": _ITERATIONS,
    "contactERP": 0.2,
    "deterministicOverlappingPairs": 1,
    # Bullet would keep what a file held when it was first read, for as long as the process lives.
    "enableFileCaching": 0,
}

State = tuple[tuple[float, float, float], tuple[float, float, float, float]]


class Bullet:
    """The `Physics` of PyBullet, without display. Open it in a ``with`` block; each open one is a world of its own."""

    def __init__(self, library: AssetLibrary) -> None:
        self._library = library
        self._client: int | None = None

    def __enter__(self) -> Self:
        if self._client is None:
            self._client = bullet.connect(bullet.DIRECT)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._client is not None:
            bullet.disconnect(self._client)
            self._client = None

    def settle(self, spec: SceneSpec) -> SceneSpec:
        """Let the scene's bodies fall until all rest; return the spec with their poses there.

        Positions are rounded to 1e-7 m, quaternions to 1e-9. Raises RejectedScene with the reason

        - ``fell-off``: a body left the bounds of `spec.physics`,
        - ``leaked-through``: two bodies rest more than 3 mm inside each other,
        - ``exploded``: a body became faster than 50 m/s, or its state is not a number,
        - ``never-rested``: something still moved after `max_time_s`;

        AssetError for an asset without hulls, and RuntimeError outside a ``with`` block.
        """
        if self._client is None:
            raise RuntimeError("Bullet is not open; use it in a with block: with Bullet(library) as physics: ...")
        if all(body.is_static for body in spec.bodies):
            return spec
        bodies = dict(self._stage(spec, self._client))
        moving = {handle: body for handle, body in bodies.items() if not body.is_static}
        states = _fall(self._client, moving, spec.physics)
        if _overlap(self._client)[0] > _SUNK_M:
            bullet.setPhysicsEngineParameter(numSolverIterations=_FIRM_ITERATIONS, physicsClientId=self._client)
            states = _fall(self._client, moving, spec.physics)
        depth, *pair = _overlap(self._client)
        if depth > _MAX_OVERLAP_M:
            one, other = (bodies[handle].name for handle in pair)
            raise RejectedScene("leaked-through", f"{one} and {other} rest {depth * 1000:.1f} mm inside each other")
        return spec.map_bodies({body.name: {"world_from_body": _pose(state)} for body, state in zip(moving.values(), states, strict=True)})

    def play(self, spec: SceneSpec) -> SceneSpec:
        """Let physics move the scene for `spec.physics.watch_s`; return the spec with tracks of what it moved, and with the collisions as events.

        Bodies with mass follow their tracks until these end or something touches them, and are moved by physics from then on; those without
        a track from the beginning, at the velocity that their motion says. Bodies without mass follow their tracks throughout. Raises
        RejectedScene with the reason ``exploded``, AssetError as `settle` does, and RuntimeError outside a ``with`` block.
        """
        if self._client is None:
            raise RuntimeError("Bullet is not open; use it in a with block: with Bullet(library) as physics: ...")
        touchable = tuple(body for body in spec.bodies if not body.is_static or self._library.shape_asset(body.shape).hulls)
        bodies = dict(self._stage(spec.replace(bodies=touchable, tracks=()), self._client))
        return Play(bullet, self._client, _SCALE, (_POSE_GRID, _SPEED_GRID), bodies, spec).run()

    def grasp(self, spec: SceneSpec, attempt: Attempt) -> Verdict:
        """Try a grasp in a scene that has settled: move in, close, lift and shake, as `Attempt` and `GraspTest` say.

        A pure function of both, on every x86-64 machine alike: nothing that was simulated before changes the verdict. Friction between jaws and
        things is the geometric mean of theirs. Raises AssetError as `settle` does, and RuntimeError outside a ``with`` block.
        """
        if self._client is None:
            raise RuntimeError("Bullet is not open; use it in a with block: with Bullet(library) as physics: ...")
        bodies = dict(self._stage(spec, self._client))
        trial = JawTrial if isinstance(attempt.gripper, JawGripper) else CupTrial
        return trial(bullet, self._client, _SCALE, (_POSE_GRID, _SPEED_GRID), bodies, spec, attempt).run()

    def grasps(self, spec: SceneSpec, attempts: Iterable[Attempt]) -> tuple[Verdict, ...]:
        """Try each of several grasps in the same scene, as `grasp` does: none changes anything for another."""
        return tuple(self.grasp(spec, attempt) for attempt in attempts)

    def reachable(self, spec: SceneSpec, attempts: Iterable[Attempt]) -> NDArray[np.bool_]:
        """(n,) bool, whether each attempt's gripper touches nothing in the scene on its way in, nor at its end, before its jaws close.

        A touch is deeper than 1 mm. Nothing moves: this is quick, and stricter than `grasp`, which pushes aside what is light. What is not
        reachable ends as ``blocked`` there, or has shoved something. Raises what `grasp` raises.
        """
        if self._client is None:
            raise RuntimeError("Bullet is not open; use it in a with block: with Bullet(library) as physics: ...")
        return reachable(bullet, self._client, _SCALE, dict(self._stage(spec, self._client)), attempts)

    def arm(self, spec: SceneSpec, mount: Pose) -> Arm:
        """A robot arm on its base at `mount`, among the scene's bodies, which are where the spec says; until something else is simulated.

        Raises AssetError as `settle` does, and RuntimeError outside a ``with`` block.
        """
        if self._client is None:
            raise RuntimeError("Bullet is not open; use it in a with block: with Bullet(library) as physics: ...")
        bodies = dict(self._stage(spec, self._client))
        return Arm(bullet, self._client, _SCALE, (_POSE_GRID, _SPEED_GRID), bodies, mount)

    def _stage(self, spec: SceneSpec, client: int) -> Iterator[tuple[int, BodySpec]]:
        """Empty the world and put the bodies in; yield each with its handle."""
        bullet.resetSimulation(physicsClientId=client)
        bullet.setPhysicsEngineParameter(fixedTimeStep=spec.physics.time_step_s, physicsClientId=client, **_ENGINE)
        bullet.setGravity(*_scaled(spec.physics.gravity_m_s2), physicsClientId=client)
        # A body without a visual shape would be given one made of its collision shape, which takes longer.
        unseen = bullet.createVisualShape(bullet.GEOM_BOX, halfExtents=(1.0, 1.0, 1.0), physicsClientId=client)
        for body in spec.bodies:
            w, x, y, z = body.world_from_body.rotation_wxyz
            handle = bullet.createMultiBody(
                body.mass_kg,
                self._collision_shape(body, client),
                unseen,
                basePosition=_scaled(body.world_from_body.position_m),
                baseOrientation=(x, y, z, w),
                useMaximalCoordinates=True,
                physicsClientId=client,
            )
            dynamics: dict[str, Any] = {
                "lateralFriction": math.sqrt(body.friction),
                "restitution": math.sqrt(body.restitution),
                "linearDamping": 0.0,
                "angularDamping": _ANGULAR_DAMPING,
            }
            if not body.is_static:
                dynamics |= {"rollingFriction": _ROLLING_LEVER_M * _SCALE, "spinningFriction": _SPINNING_LEVER_M * _SCALE}
                if body.inertia_kg_m2 is not None:
                    inertia = [i * _SCALE**2 for i in body.inertia_kg_m2]
                    dynamics |= {"mass": body.mass_kg, "localInertiaDiagonal": inertia}
            bullet.changeDynamics(handle, -1, collisionMargin=_MARGIN_M * _SCALE, physicsClientId=client, **dynamics)
            yield handle, body

    def _collision_shape(self, body: BodySpec, client: int) -> int:
        shape = body.shape
        if isinstance(shape, BoxShape):
            return bullet.createCollisionShape(bullet.GEOM_BOX, halfExtents=_scaled(shape.size_m, 0.5), physicsClientId=client)
        if isinstance(shape, SphereShape):
            return bullet.createCollisionShape(bullet.GEOM_SPHERE, radius=shape.radius_m * _SCALE, physicsClientId=client)
        if isinstance(shape, CylinderShape):
            radius, height = shape.radius_m * _SCALE, shape.height_m * _SCALE
            return bullet.createCollisionShape(bullet.GEOM_CYLINDER, radius=radius, height=height, physicsClientId=client)
        asset = self._library.shape_asset(shape)
        if not asset.hulls:
            raise AssetError(f"{asset.id} has no convex pieces to collide with")
        # Bullet takes several hulls for one body from a file only, and leaks the list when it is given a single one as vertices. The
        # file lives for a moment: a process that is killed should leave none behind.
        with tempfile.NamedTemporaryFile(prefix="diorama-", suffix=".obj") as file:
            file.write(_obj(asset.hulls))
            file.flush()
            return bullet.createCollisionShape(bullet.GEOM_MESH, fileName=file.name, meshScale=[_SCALE * _FILE_UNIT_M] * 3, physicsClientId=client)


def _fall(client: int, moving: dict[int, BodySpec], physics: PhysicsSpec) -> list[State]:
    """Step until all bodies rest; their poses, in the enlarged world.

    Speeds are measured over `rest_time_s`, from where bodies are and were at `_CHECKS` moments of it, and not taken from the
    engine: its contacts chatter, and a body that lies still may have a velocity that points up and down in turn.
    """
    pose_of, velocity_of = bullet.getBasePositionAndOrientation, bullet.getBaseVelocity
    place, push, step = bullet.resetBasePositionAndOrientation, bullet.resetBaseVelocity, bullet.stepSimulation
    p, s = _POSE_GRID, _SPEED_GRID
    steps = math.ceil(physics.rest_time_s / _CHECKS / physics.time_step_s - 1e-9)
    way, turn = physics.rest_speed_m_s * physics.rest_time_s * _SCALE, physics.rest_spin_rad_s * physics.rest_time_s
    history: deque[list[State]] = deque(maxlen=_CHECKS)
    for _ in range(math.ceil(physics.max_time_s / (steps * physics.time_step_s) - 1e-9)):
        states: list[State] = []
        for number in range(steps):
            step(client)
            for handle in moving:
                (x, y, z), (a, b, c, d) = pose_of(handle, client)
                (vx, vy, vz), (wx, wy, wz) = velocity_of(handle, client)
                position = ((x + p) - p, (y + p) - p, (z + p) - p)
                rotation = ((a + p) - p, (b + p) - p, (c + p) - p, (d + p) - p)
                place(handle, position, rotation, client)
                push(handle, ((vx + s) - s, (vy + s) - s, (vz + s) - s), ((wx + s) - s, (wy + s) - s, (wz + s) - s), client)
                if number == steps - 1:
                    states.append((position, rotation))
        for (handle, body), (position, _) in zip(moving.items(), states, strict=True):
            _refuse_escape(body, position, velocity_of(handle, client)[0], physics)
        if len(history) == _CHECKS and all(_is_near(then, now, way, turn) for moment in history for then, now in zip(moment, states, strict=True)):
            return states
        history.append(states)
    raise RejectedScene("never-rested", f"something still moved after {physics.max_time_s:g} s")


def _refuse_escape(body: BodySpec, position: Vec3, velocity: Vec3, physics: PhysicsSpec) -> None:
    speed = math.hypot(*velocity) / _SCALE
    if not speed <= _MAX_SPEED_M_S:
        raise RejectedScene("exploded", f"{body.name} reached {speed:.3g} m/s")
    where = tuple(v / _SCALE for v in position)
    if not all(low <= v <= high for low, v, high in zip(physics.bounds_min_m, where, physics.bounds_max_m, strict=True)):
        raise RejectedScene("fell-off", f"{body.name} went to ({', '.join(f'{v:.3f}' for v in where)}) m")


def _is_near(a: State, b: State, way: float, turn: float) -> bool:
    """Whether two poses are no farther from each other than this, in place and in angle (small, in radians)."""
    (x, y, z), q = a
    (u, v, w), r = b
    if (x - u) ** 2 + (y - v) ** 2 + (z - w) ** 2 > way * way:
        return False
    # |q . r| is the cosine of half the angle. The quaternions are of length one only to their grid, 1e-9.
    dot = q[0] * r[0] + q[1] * r[1] + q[2] * r[2] + q[3] * r[3]
    return 1 - dot * dot <= turn * turn / 4


def _overlap(client: int) -> tuple[float, int, int]:
    """How deep two bodies are inside each other at most, in metres, and which."""
    return max(((-contact[8] / _SCALE, contact[1], contact[2]) for contact in bullet.getContactPoints(physicsClientId=client)), default=(0.0, 0, 0))


def _scaled(values: Sequence[float], factor: float = 1.0) -> Vec3:
    x, y, z = values
    return (x * factor * _SCALE, y * factor * _SCALE, z * factor * _SCALE)


def _pose(state: State) -> Pose:
    (x, y, z), (qx, qy, qz, qw) = state
    q = normalize_quat((qw, qx, qy, qz))
    return Pose(
        (round(x / _SCALE, 7), round(y / _SCALE, 7), round(z / _SCALE, 7)),
        (round(q[0], 9), round(q[1], 9), round(q[2], 9), round(q[3], 9)),
    )


def _obj(hulls: Sequence[NDArray[np.float64]]) -> bytes:
    """A Wavefront OBJ in `_FILE_UNIT_M`, an object for each hull. Bullet takes the hull of all vertices that faces name, whatever faces they are."""
    lines: list[str] = []
    first = 1
    for hull in hulls:
        lines.append("o hull")
        lines += ["v %d %d %d" % tuple(vertex) for vertex in np.rint(hull / _FILE_UNIT_M).astype(np.int64).tolist()]  # noqa: UP031 - twice as fast
        last = first + len(hull) - 1
        lines += [f"f {i} {min(i + 1, last)} {min(i + 2, last)}" for i in range(first, last + 1, 3)]
        first = last + 1
    return "\n".join(lines).encode() + b"\n"
