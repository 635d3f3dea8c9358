"""Laser scanners: rays through a tree of boxes around triangles (Warp's BVH), each triangle then met or missed in double precision.

The tree only says which triangles a ray may meet; of those, the nearest is taken, and of several as near the one that pictures show as well. So
neither its shape nor the order in which it is walked shows in what is found.

A triangle that moves is in the tree with a box around all places where it is during a turn. A ray that may meet it is taken to where it would meet
the triangle at the moment of the picture.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.frame import Points
from diorama.sim.render.raster.channels import category_ids
from diorama.sim.render.raster.device import Array, wp
from diorama.sim.render.raster.materials import BASE_TEXTURE, CUT_OUT, ROUGHNESS_TEXTURE
from diorama.sim.render.raster.meshes import Triangle
from diorama.sim.render.raster.presence import LIGHT, SHADES, Presence, is_absent, is_cut, kind_of
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.render.raster.texture import lookup, lookup_alpha, lookup_data, lookup_opacity
from diorama.sim.render.raster.visibility import NO_BACK, UNSEEN
from diorama.sim.render.returns import measured
from diorama.sim.spec import CameraSpec, LidarSpec, Motion, Pose, SceneSpec
from diorama.sim.transforms import Matrix, compose, invert

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: A turn's moments at which rotations are known exactly; between them, to first order.
SLICES = 32
#: Boxes are larger than what they hold by this, in metres: they are of single precision.
SLACK = warp.constant(2.0e-3)
ZERO = warp.constant(warp.float64(0.0))
ONE = warp.constant(warp.float64(1.0))
#: How much more than a white surface a perfect film sends back to where light came from.
FILM = warp.constant(20.0)
#: How bright snow is.
SNOW = warp.constant(0.8)
#: Luminance of linear colours (ITU-R BT.709).
LUMINANCE = warp.constant(warp.vec3(0.2126, 0.7152, 0.0722))


@warp.struct
class Mover:
    """A body that moves: steadily, and turning about `center`, where it is at the picture's moment. Over half a turn, no point of it is off a
    straight line by more than `sweep`.
    """

    center: warp.vec3d
    velocity: warp.vec3d
    spin: warp.vec3d
    sweep: float


@warp.struct
class Column:
    """When beams are fired together, in seconds from the picture's moment; in which slice of the turn, and how long after its middle; from where."""

    seconds: warp.float64
    late: warp.float64
    slice: int
    world_from_lidar: warp.mat44d


@warp.func
def turned_back(x: warp.vec3d, turn: warp.mat33d, spin: warp.vec3d, late: warp.float64) -> warp.vec3d:
    """A direction, `late` seconds after a moment by which it has been turned by `turn`, before all that."""
    return warp.mul(warp.transpose(turn), x - warp.cross(spin, x) * late)


@warp.kernel
def bound(
    vertices: warp.array(dtype=warp.vec3d),
    faces: warp.array(dtype=warp.vec3i),
    triangle_body: warp.array(dtype=int),
    mover: warp.array(dtype=int),
    movers: warp.array(dtype=Mover),
    ends: warp.array2d(dtype=warp.mat33d),
    half_turn: warp.float64,
    low: warp.array(dtype=warp.vec3),
    high: warp.array(dtype=warp.vec3),
):
    """Boxes that hold triangles for all of a turn. `ends` are the movers' rotations at its beginning and its end."""
    t = warp.tid()
    lowest = warp.vec3(1.0e30, 1.0e30, 1.0e30)
    highest = -lowest
    m = mover[triangle_body[t]]
    slack = SLACK
    if m >= 0:
        slack = SLACK + movers[m].sweep
    for k in range(3):
        v = vertices[faces[t][k]]
        p = warp.vec3(float(v[0]), float(v[1]), float(v[2]))
        lowest = warp.min(lowest, p)
        highest = warp.max(highest, p)
        if m >= 0:
            for end in range(2):
                away = movers[m].velocity * half_turn * warp.float64(2 * end - 1)
                w = movers[m].center + away + warp.mul(ends[end, m], v - movers[m].center)
                p = warp.vec3(float(w[0]), float(w[1]), float(w[2]))
                lowest = warp.min(lowest, p)
                highest = warp.max(highest, p)
    low[t] = lowest - warp.vec3(slack, slack, slack)
    high[t] = highest + warp.vec3(slack, slack, slack)


@warp.func
def lets_through(presence: Presence, t: int, u: float, v: float, first: warp.vec3d, second: warp.vec3d, width_m: float) -> bool:
    """Whether alpha has a hole in a triangle where its second and third corners weigh u and v, for a beam so wide."""
    kind = kind_of(presence, t)
    if not is_cut(kind, LIGHT):
        return False
    triangle = presence.triangles[t]
    surface = presence.surfaces[triangle.surface]
    d1 = triangle.duv1
    d2 = triangle.duv2
    low = warp.vec2()
    high = warp.vec2()
    for i in range(2):
        low[i] = warp.floor(triangle.uv0[i] + warp.min(warp.min(d1[i], d2[i]), 0.0) + 1.0e-3)
        high[i] = warp.ceil(triangle.uv0[i] + warp.max(warp.max(d1[i], d2[i]), 0.0) - 1.0e-3)
    least = surface.cutoff
    if least == 0.0:
        least = SHADES / surface.opacity
    opacity = lookup_opacity(
        presence.texels, surface.base, triangle.uv0 + d1 * u + d2 * v, low, high, footprint2(triangle, surface.base, first, second, width_m)
    )
    return opacity < least


@warp.func
def footprint2(triangle: Triangle, entry: warp.vec4i, first: warp.vec3d, second: warp.vec3d, width_m: float) -> float:
    """The squared width of a beam on a texture, in texels."""
    area = warp.length(warp.cross(first, second))
    on_texture = warp.abs(triangle.duv1[0] * triangle.duv2[1] - triangle.duv1[1] * triangle.duv2[0])
    per_m2 = on_texture * float(entry[1] * entry[2]) / warp.max(float(area), 1.0e-12)
    return per_m2 * width_m * width_m


@warp.func
def sent_back(presence: Presence, skins: warp.array(dtype=warp.vec3), t: int, u: float, v: float, size2: float, cosine: float, up: float) -> float:
    """What share of a white surface's light, face on, a surface sends back to where it comes from, at this cosine of the angle to its normal.

    Its base, the lobe of its mirror, which faces the light where that comes down steeply (Walter et al., "Microfacet models for refraction", 2007),
    and films that are made to send it back. `skins` tell of each surface how much of it is a film, how wet it is, and how much snow lies on what
    faces `up`.
    """
    triangle = presence.triangles[t]
    surface = presence.surfaces[triangle.surface]
    color = surface.color
    uv = triangle.uv0 + triangle.duv1 * u + triangle.duv2 * v
    if surface.textures & BASE_TEXTURE != 0:
        if surface.textures & CUT_OUT != 0:
            texel = lookup_alpha(presence.texels, surface.base, uv[0], uv[1], size2)
            color = warp.cw_mul(color, warp.vec3(texel[0], texel[1], texel[2]))
        else:
            color = warp.cw_mul(color, lookup(presence.texels, surface.base, uv[0], uv[1], size2))
    metallic = surface.metallic
    roughness = surface.roughness
    if surface.textures & ROUGHNESS_TEXTURE != 0:
        data = lookup_data(presence.texels, surface.metallic_roughness, uv[0], uv[1], size2)
        roughness = roughness * data[1]
        metallic = metallic * data[2]
    skin = skins[triangle.surface]
    snow = warp.min(skin[2] * 2.0, 1.0) * warp.clamp(2.0 * up - 0.6, 0.0, 1.0)
    bright = warp.dot(color, LUMINANCE) * (1.0 - 0.5 * skin[1] * (1.0 - metallic))
    bright = bright + (SNOW - bright) * snow
    metallic = metallic * (1.0 - snow)
    roughness = roughness + (1.0 - roughness) * snow
    rough2 = warp.max(roughness * roughness, 0.02)
    spread = rough2 * rough2
    flat = cosine * cosine * (spread - 1.0) + 1.0
    mirrored = surface.dielectric + (bright - surface.dielectric) * metallic
    lobe = mirrored * spread / (4.0 * flat * flat * warp.max(cosine, 0.05))
    return bright * (1.0 - metallic) * cosine + lobe + FILM * skin[0] * (1.0 - snow) * bright * cosine


@warp.kernel
def scan(
    tree: warp.uint64,
    vertices: warp.array(dtype=warp.vec3d),
    faces: warp.array(dtype=warp.vec3i),
    triangle_body: warp.array(dtype=int),
    presence: Presence,
    sides: warp.array(dtype=warp.uint8),
    skins: warp.array(dtype=warp.vec3),
    mover: warp.array(dtype=int),
    movers: warp.array(dtype=Mover),
    turns: warp.array2d(dtype=warp.mat33d),
    columns: warp.array(dtype=Column),
    azimuths: warp.array(dtype=warp.vec2d),
    beams: warp.array(dtype=warp.vec2d),
    near: warp.float64,
    far: warp.float64,
    beam_rad: float,
    distance: warp.array(dtype=warp.float64),
    reflected: warp.array(dtype=warp.float64),
    instance: warp.array(dtype=int),
):
    """How far each beam of each column goes, what it meets, and what share of a white surface's light comes back from there; 0 where nothing does."""
    c, b = warp.tid()
    column = columns[c]
    m = column.world_from_lidar
    azimuth = azimuths[c]
    beam = beams[b]
    d = warp.vec3d(beam[0] * azimuth[0], beam[0] * azimuth[1], beam[1])
    d = warp.vec3d(
        m[0, 0] * d[0] + m[0, 1] * d[1] + m[0, 2] * d[2],
        m[1, 0] * d[0] + m[1, 1] * d[1] + m[1, 2] * d[2],
        m[2, 0] * d[0] + m[2, 1] * d[1] + m[2, 2] * d[2],
    )
    o = warp.vec3d(m[0, 3], m[1, 3], m[2, 3])
    best = far
    found = int(-1)
    found_u = float(0.0)
    found_v = float(0.0)
    cosine = float(0.0)
    size2 = float(0.0)
    up = float(0.0)
    t = int(0)
    query = warp.bvh_query_ray(tree, warp.vec3(float(o[0]), float(o[1]), float(o[2])), warp.vec3(float(d[0]), float(d[1]), float(d[2])))
    while warp.bvh_query_next(query, t, float(best) + SLACK):
        side = sides[presence.triangles[t].surface]
        if side == UNSEEN or is_absent(kind_of(presence, t), LIGHT):
            continue
        origin = o
        direction = d
        moving = mover[triangle_body[t]]
        if moving >= 0:
            body = movers[moving]
            turn = turns[column.slice, moving]
            origin = body.center + turned_back(o - body.center - body.velocity * column.seconds, turn, body.spin, column.late)
            direction = turned_back(d, turn, body.spin, column.late)
        corner = vertices[faces[t][0]]
        first = vertices[faces[t][1]] - corner
        second = vertices[faces[t][2]] - corner
        # Moeller and Trumbore, "Fast, minimum storage ray/triangle intersection", 1997.
        across = warp.cross(direction, second)
        det = warp.dot(first, across)
        if det == ZERO or (det < ZERO and side == NO_BACK):
            continue
        off = origin - corner
        u = warp.dot(off, across) / det
        beside = warp.cross(off, first)
        v = warp.dot(direction, beside) / det
        away = warp.dot(second, beside) / det
        if u < ZERO or v < ZERO or u + v > ONE or away < near or away > best or (away == best and t < found):
            continue
        width = float(away) * beam_rad
        if lets_through(presence, t, float(u), float(v), first, second, width):
            continue
        normal = warp.normalize(warp.cross(first, second))
        best = away
        found = t
        found_u = float(u)
        found_v = float(v)
        cosine = float(warp.abs(warp.dot(direction, normal)))
        up = float(-normal[2] * warp.sign(warp.dot(direction, normal)))
        triangle = presence.triangles[t]
        size2 = footprint2(triangle, presence.surfaces[triangle.surface].base, first, second, width)
    ray = c * beams.shape[0] + b
    distance[ray] = best
    reflected[ray] = ZERO
    instance[ray] = 0
    if found >= 0:
        reflected[ray] = warp.float64(sent_back(presence, skins, found, found_u, found_v, size2, cosine, up))
        instance[ray] = triangle_body[found] + 1


# --- on the host --------------------------------------------------------------------------------------------


def scanned(camera: CameraSpec, spec: SceneSpec, scene: SceneArrays, unseen: int | None, device: str) -> Points | None:
    """What the camera's lidar finds in a turn; None if it has none. `scene` has the bodies where they are at the picture's moment."""
    lidar = camera.lidar
    if lidar is None:
        return None
    moving = [i for i, body in enumerate(spec.bodies) if not body.motion.is_still and i != unseen]
    now, columns = _columns(camera, lidar)
    rays = lidar.columns * len(lidar.elevations_rad)
    out = [wp.empty(rays, dtype=dtype, device=device) for dtype in (wp.float64, wp.float64, wp.int32)]

    def upload(values: Any, dtype: Any) -> Array:
        return wp.array(values, dtype=dtype, device=device)

    if scene.count:
        geometry = (scene.vertices, scene.faces, scene.triangle_body)
        mover = np.full(len(spec.bodies), -1, np.int32)
        mover[moving] = np.arange(len(moving), dtype=np.int32)
        movers = (upload(mover, wp.int32), upload(_movers(spec, scene, moving, lidar), Mover))
        turns = _turns(spec, moving, _middles(lidar))
        ends = _turns(spec, moving, [-lidar.turn_s / 2, lidar.turn_s / 2])
        low, high = (wp.empty(scene.count, dtype=wp.vec3, device=device) for _ in range(2))
        wp.launch(bound, scene.count, [*geometry, *movers, upload(ends, wp.mat33d), lidar.turn_s / 2, low, high], device=device)
        tree = wp.Bvh(low, high, leaf_size=4)
        looks = (upload(_sides(scene, unseen), wp.uint8), upload(_skins(scene), wp.vec3))
        angles = [upload(pairs, wp.vec2d) for pairs in _angles(lidar.columns, lidar.elevations_rad)]
        limits = (0.0, lidar.max_range_m, lidar.beam_rad)
        inputs = [tree.id, *geometry, scene.presence, *looks, *movers, upload(turns, wp.mat33d), upload(columns, Column), *angles, *limits, *out]
        wp.launch(scan, (lidar.columns, len(lidar.elevations_rad)), inputs, device=device)
        distance, reflected, instance = (array.numpy() for array in out)
    else:
        distance, reflected, instance = np.full(rays, lidar.max_range_m), np.zeros(rays), np.zeros(rays, np.int32)
    fog = spec.environment.fog
    returns = measured(lidar, distance, reflected, fog.extinction_per_m if fog else 0.0)
    column, ring = np.divmod(returns.ray, len(lidar.elevations_rad))
    instance = instance[returns.ray]
    return Points(
        xyz_m=_places(lidar, now, columns, column, ring, returns.range_m).astype(np.float32),
        intensity=returns.intensity.astype(np.float32),
        time_s=columns["seconds"][column].astype(np.float32),
        ring=ring.astype(np.int32),
        instance=instance,
        category=np.concatenate([[0], category_ids(spec)]).astype(np.int32)[instance],
    )


@cache
def _angles(columns: int, elevations_rad: tuple[float, ...]) -> tuple[Matrix, Matrix]:
    """(columns, 2) cosines and sines of the azimuths, counter-clockwise from ahead, and (beams, 2) of the elevations."""
    return _directions([math.pi - 2 * math.pi * (i + 0.5) / columns for i in range(columns)]), _directions(elevations_rad)


def _directions(angles: Sequence[float]) -> Matrix:
    # Sines differ in their last bit from one C library to another.
    return np.array([(round(math.cos(angle), 12), round(math.sin(angle), 12)) for angle in angles])


def _middles(lidar: LidarSpec) -> list[float]:
    """The moments in the middle of each slice."""
    return [((i + 0.5) / SLICES - 0.5) * lidar.turn_s for i in range(SLICES)]


def _columns(camera: CameraSpec, lidar: LidarSpec) -> tuple[Matrix, Any]:
    """The scanner's pose at the picture's moment, and a record of Column for each column."""
    numbers = np.arange(lidar.columns)
    out: Any = np.zeros(lidar.columns, Column.numpy_dtype())
    out["seconds"] = ((numbers + 0.5) / lidar.columns - 0.5) * lidar.turn_s
    out["slice"] = numbers * SLICES // lidar.columns
    middles = np.array(_middles(lidar))
    out["late"] = out["seconds"] - middles[out["slice"]]
    camera_from_lidar = lidar.camera_from_lidar.matrix
    now = compose(camera.world_from_camera.matrix, camera_from_lidar)
    if camera.motion.is_still:
        out["world_from_lidar"] = now
        return now, out
    poses = np.stack([camera.motion.moved(camera.world_from_camera, seconds).matrix for seconds in middles.tolist()])
    poses = compose(poses, camera_from_lidar)[out["slice"]]
    velocity = np.array(camera.motion.linear_m_s)
    late = out["late"][:, None, None]
    lever = poses[:, :3, 3] - np.array(camera.world_from_camera.position_m) - velocity * middles[out["slice"]][:, None]
    x, y, z = camera.motion.angular_rad_s
    crossed = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    poses[:, :3, 3] += (velocity + compose(crossed, lever[..., None])[..., 0]) * late[..., 0]
    poses[:, :3, :3] += compose(crossed, poses[:, :3, :3]) * late
    out["world_from_lidar"] = poses
    return now, out


def _movers(spec: SceneSpec, scene: SceneArrays, moving: list[int], lidar: LidarSpec) -> Any:
    rows: Any = np.zeros(len(moving), Mover.numpy_dtype())
    for row, i in enumerate(moving):
        motion, box = spec.bodies[i].motion, scene.bodies.boxes_m[i]
        rate = math.sqrt(sum(w * w for w in motion.angular_rad_s))
        radius = math.sqrt(float((np.maximum(box[0] * box[0], box[1] * box[1])).sum()))
        rows[row]["center"] = spec.bodies[i].world_from_body.position_m
        rows[row]["velocity"], rows[row]["spin"] = motion.linear_m_s, motion.angular_rad_s
        # An arc is off its chord by r (1 - cos(a / 2)), which is less than r a^2 / 8.
        rows[row]["sweep"] = radius * (rate * lidar.turn_s / 2) ** 2 / 8
    return rows


def _turns(spec: SceneSpec, moving: list[int], moments: list[float]) -> Matrix:
    """(moments, movers, 3, 3): by how much each body is turned from its pose at the picture's moment."""
    out = np.tile(np.eye(3), (len(moments), len(moving), 1, 1))
    for column, i in enumerate(moving):
        spin = spec.bodies[i].motion.angular_rad_s
        if any(spin):
            for row, seconds in enumerate(moments):
                out[row, column] = Motion(angular_rad_s=spin).moved(Pose(), seconds).matrix[:3, :3]
    return out


def _sides(scene: SceneArrays, unseen: int | None) -> NDArray[np.uint8]:
    """Which faces of each surface are there."""
    out = scene.bodies.one_sided.astype(np.uint8)  # NO_BACK is 1
    if unseen is not None:
        out[scene.surface_body == unseen] = UNSEEN.value
    return out


def _skins(scene: SceneArrays) -> NDArray[np.float32]:
    """(m, 3): of each surface how much of it is a film that sends light back, how wet it is, and how much snow lies there. Glass stays clear."""
    rows = []
    for material, _, weathering in scene.bodies.looks:
        weather = (0.0, 0.0) if weathering is None or material.transmission > 0 else (weathering.wet, weathering.snow)
        rows.append((material.retroreflection, *weather))
    return np.array(rows, np.float32).reshape(-1, 3)


def _places(lidar: LidarSpec, now: Matrix, columns: Any, column: NDArray[np.int64], ring: NDArray[np.int64], range_m: NDArray[np.float64]) -> Matrix:
    """(n, 3) points in the scanner's frame, by the column, the beam and the range of each."""
    azimuths, beams = _angles(lidar.columns, lidar.elevations_rad)
    level = beams[ring, 0] * range_m
    own = np.stack([level * azimuths[column, 0], level * azimuths[column, 1], beams[ring, 1] * range_m], axis=1)
    if lidar.raw:
        return own
    now_from_column = compose(invert(now), columns["world_from_lidar"])[column]
    return compose(now_from_column[:, :3, :3], own[..., None])[..., 0] + now_from_column[:, :3, 3]
