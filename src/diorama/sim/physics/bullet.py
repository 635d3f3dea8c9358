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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import AssetError, RejectedScene
from diorama.sim.spec import BodySpec, BoxShape, CylinderShape, PhysicsSpec, Pose, SceneSpec, SphereShape
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
#: Bodies that overlap deeper than this at rest have gone through each other.
_MAX_OVERLAP_M = 0.003
#: A rolling body is held back by the torque of its weight at this lever; without it, balls and cans never rest.
_ROLLING_LEVER_M = 0.0006
#: Resistance to spinning on the spot: the radius of the patch of contact, in effect.
_SPINNING_LEVER_M = 0.003
#: Rounding of the edges of boxes and cylinders.
_MARGIN_M = 0.0001

_ENGINE = {
    "numSolverIterations": 30,
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
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        if self._client is None:
            self._folder = tempfile.TemporaryDirectory(prefix="diorama-")
            self._client = bullet.connect(bullet.DIRECT)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._client is not None and self._folder is not None:
            bullet.disconnect(self._client)
            self._folder.cleanup()
            self._client = self._folder = None

    def settle(self, spec: SceneSpec) -> SceneSpec:
        """Let the scene's bodies fall until all rest; return the spec with their poses there.

        Positions are rounded to 1e-7 m, quaternions to 1e-9. Raises RejectedScene with the reason

        - ``fell-off``: a body left the bounds of `spec.physics`,
        - ``leaked-through``: two bodies rest more than 3 mm inside each other,
        - ``exploded``: a body became faster than 50 m/s, or its state is not a number,
        - ``never-rested``: something still moved after `max_time_s`;

        AssetError for a shape that Bullet cannot take, and RuntimeError outside a ``with`` block.
        """
        if self._client is None:
            raise RuntimeError("Bullet is not open; use it in a with block: with Bullet(library) as physics: ...")
        moving = {handle: body for handle, body in self._stage(spec, self._client) if not body.is_static}
        if not moving:
            return spec
        states = _fall(self._client, moving, spec.physics)
        _refuse_overlap(self._client, moving)
        return spec.map_bodies({body.name: {"world_from_body": _pose(state)} for body, state in zip(moving.values(), states, strict=True)})

    def _stage(self, spec: SceneSpec, client: int) -> Iterator[tuple[int, BodySpec]]:
        """Empty the world and put the bodies in; yield each with its handle."""
        bullet.resetSimulation(physicsClientId=client)
        bullet.setPhysicsEngineParameter(fixedTimeStep=spec.physics.time_step_s, physicsClientId=client, **_ENGINE)
        bullet.setGravity(*_scaled(spec.physics.gravity_m_s2), physicsClientId=client)
        for body in spec.bodies:
            w, x, y, z = body.world_from_body.rotation_wxyz
            handle = bullet.createMultiBody(
                body.mass_kg,
                self._collision_shape(body, client),
                basePosition=_scaled(body.world_from_body.position_m),
                baseOrientation=(x, y, z, w),
                useMaximalCoordinates=True,
                physicsClientId=client,
            )
            dynamics: dict[str, Any] = {
                "lateralFriction": math.sqrt(body.friction),
                "restitution": math.sqrt(body.restitution),
                "linearDamping": 0.0,
                "angularDamping": 0.0,
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
        hulls = self._library.shape_asset(shape).hulls
        try:
            if len(hulls) == 1:
                return bullet.createCollisionShape(bullet.GEOM_MESH, vertices=(hulls[0] * _SCALE).tolist(), physicsClientId=client)
            assert self._folder is not None
            # Bullet makes a compound of convex hulls from a file only.
            file = Path(self._folder.name, "hulls.obj")
            file.write_text(_obj(hulls))
            return bullet.createCollisionShape(bullet.GEOM_MESH, fileName=str(file), meshScale=[_SCALE] * 3, physicsClientId=client)
        except bullet.error as error:
            raise AssetError(f"{shape.asset}: Bullet cannot make a collision shape of its {len(hulls)} convex pieces ({error})") from None


def _fall(client: int, moving: dict[int, BodySpec], physics: PhysicsSpec) -> list[State]:
    """Step until all bodies rest; their poses, in the enlarged world."""
    pose_of, velocity_of = bullet.getBasePositionAndOrientation, bullet.getBaseVelocity
    place, push, step = bullet.resetBasePositionAndOrientation, bullet.resetBaseVelocity, bullet.stepSimulation
    (low_x, low_y, low_z), (high_x, high_y, high_z) = _scaled(physics.bounds_min_m), _scaled(physics.bounds_max_m)
    slow, slow_spin, fast = (physics.rest_speed_m_s * _SCALE) ** 2, physics.rest_spin_rad_s**2, (_MAX_SPEED_M_S * _SCALE) ** 2
    p, s = _POSE_GRID, _SPEED_GRID

    states: list[State] = []
    steps, calm_steps = (math.ceil(t / physics.time_step_s - 1e-9) for t in (physics.max_time_s, physics.rest_time_s))
    calm = 0
    for _ in range(steps):
        step(client)
        states.clear()
        calm += 1
        for handle, body in moving.items():
            (x, y, z), (a, b, c, d) = pose_of(handle, client)
            (vx, vy, vz), (wx, wy, wz) = velocity_of(handle, client)
            position = (x, y, z) = ((x + p) - p, (y + p) - p, (z + p) - p)
            rotation = ((a + p) - p, (b + p) - p, (c + p) - p, (d + p) - p)
            place(handle, position, rotation, client)
            push(handle, ((vx + s) - s, (vy + s) - s, (vz + s) - s), ((wx + s) - s, (wy + s) - s, (wz + s) - s), client)
            speed, spin = vx * vx + vy * vy + vz * vz, wx * wx + wy * wy + wz * wz
            if speed > slow or spin > slow_spin:
                calm = 0
            if not (speed < fast and spin < math.inf):
                raise RejectedScene("exploded", f"{body.name} reached {math.sqrt(speed) / _SCALE:.3g} m/s")
            if not (low_x <= x <= high_x and low_y <= y <= high_y and low_z <= z <= high_z):
                raise RejectedScene("fell-off", f"{body.name} went to ({x / _SCALE:.3f}, {y / _SCALE:.3f}, {z / _SCALE:.3f}) m")
            states.append((position, rotation))
        if calm >= calm_steps:
            return states
    raise RejectedScene("never-rested", f"something still moved after {physics.max_time_s:g} s")


def _refuse_overlap(client: int, moving: dict[int, BodySpec]) -> None:
    for contact in bullet.getContactPoints(physicsClientId=client):
        depth = -contact[8] / _SCALE
        if depth > _MAX_OVERLAP_M:
            name = (moving.get(contact[1]) or moving[contact[2]]).name
            raise RejectedScene("leaked-through", f"{name} rests {depth * 1000:.1f} mm inside another body")


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


def _obj(hulls: Sequence[NDArray[np.float64]]) -> str:
    """A Wavefront OBJ with an object for each hull. Bullet takes the hull of all vertices that faces name, whatever faces they are."""
    lines: list[str] = []
    first = 1
    for number, hull in enumerate(hulls):
        lines.append(f"o {number}")
        lines += [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in hull.tolist()]
        last = first + len(hull) - 1
        lines += [f"f {i} {min(i + 1, last)} {min(i + 2, last)}" for i in range(first, last + 1, 3)]
        first = last + 1
    return "\n".join(lines) + "\n"
