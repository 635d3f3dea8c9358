"""Lights as the fragment shader takes them: suns, and bulbs that shine into a cone or through one side of a cube."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec import Light, MeshShape, PointLight, Rgb, SceneSpec, SpotLight, SunLight
from diorama.sim.transforms import Matrix, Vec3, apply, invert, look_at, normalize

#: Shadow maps of a lamp at most.
MAX_VIEWS = 2
#: Lamps of one pass; more take further passes, whose pictures are added.
MAX_LAMPS = 10
#: A rectangle shines from this many places along each side.
_RECT_PLACES = 2
#: The widest half-angle that a shadow map looks at.
_WIDEST_RAD = math.radians(78)
#: Each side of a cube looks a little past its edges, so that blur finds what is there.
_CUBE_REACH = 1.2
_NEAREST_M = 0.01
#: Things this many times smaller than the largest have a sun's map to themselves.
_MUCH_SMALLER = 4
#: What has settled may stand this deep in what it stands on.
_SINK_M = 0.003


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a shadow map looks at the scene: along +z of `lamp_from_world`, x to the right and y down.

    A point (x, y, z) there is seen at 0.5 + `scale` (x, -y), over z if `central`. Depths are from `near_m` to `far_m`. `blur` turns the
    difference between two depths of the map into the radius of a shadow's edge, as a share of the map's side.
    """

    lamp_from_world: Matrix
    central: bool
    scale: float
    near_m: float
    far_m: float
    blur: float

    @property
    def depth(self) -> tuple[float, float]:
        """(a, b): a depth is (z - a) b, or if `central` a - b / z; 0 at `near_m` and 1 at `far_m`."""
        deep = self.far_m - self.near_m
        return (self.far_m / deep, self.far_m * self.near_m / deep) if self.central else (self.near_m, 1 / deep)

    @property
    def projection(self) -> Matrix:
        """The (4, 4) OpenGL clip matrix."""
        out = np.zeros((4, 4))
        out[0, 0], out[1, 1] = 2 * self.scale, -2 * self.scale
        a, b = self.depth
        if self.central:
            out[2], out[3] = (0, 0, 2 * a - 1, -2 * b), (0, 0, 1, 0)
        else:
            out[2], out[3] = (0, 0, 2 * b, -2 * a * b - 1), (0, 0, 0, 1)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """One light that the shader knows. `color` is W/m2 of a sun, and W/sr of a bulb on its axis.

    A bulb's light is scaled by (`cone_scale` cos + `cone_offset`), in 0..1, to the power of `cone_power`; `squash` is that of a spot. Of `one_side`,
    it only falls where no other axis of the world is nearer than its own. A point is looked for in the `views` in turn; without any, there is
    no shadow.
    """

    sun: bool
    color: Rgb
    position_m: Vec3
    axis: Vec3
    cone_scale: float = 0.0
    cone_offset: float = 1.0
    cone_power: float = 1.0
    squash: Vec3 = (0.0, 0.0, 0.0)
    one_side: bool = False
    views: tuple[View, ...] = ()


def lamps(spec: SceneSpec, boxes: NDArray[np.float64]) -> list[Lamp]:
    """All lamps that stand for the lights of a scene whose bodies have these (n, 2, 3) world boxes.

    A sun or a spot is one lamp; a point light with shadows six, the sides of a cube; a rectangle four bulbs, each with the cosine falloff
    of a flat emitter. Maps are fitted to what casts shadows, which the ground does not.
    """
    ground = _ground(spec, boxes)
    out: list[Lamp] = []
    for light in spec.lights:
        above = light.direction[2] < 0 if isinstance(light, SunLight) else light.position_m[2] >= boxes[ground, 1, 2].max(initial=-math.inf)
        casts = ~ground if above else np.ones(len(boxes), np.bool_)
        out += _lamps(light, _Corners(_corners(boxes), _corners(boxes[casts & light.shadows])))
    return out


def _ground(spec: SceneSpec, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) bool, True for bodies that nothing lit from above is behind: all else stands on them, or within their boxes' sides."""
    out = np.zeros(len(boxes), np.bool_)
    for i, ((low, high), body) in enumerate(zip(boxes, spec.bodies, strict=True)):
        on_it = boxes[:, 0, 2] >= high[2] - _SINK_M
        within = np.all((boxes[:, 0] >= low) & (boxes[:, 1] <= np.array([high[0], high[1], math.inf])), axis=1)
        out[i] = not isinstance(body.shape, MeshShape) and bool(np.all(on_it | within))
    return out


class _Corners(NamedTuple):
    """Corners of the boxes of all bodies, and of those that cast shadows; (n, 3)."""

    all: NDArray[np.float64]
    casters: NDArray[np.float64]


def _corners(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    picks = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    return boxes[:, picks, np.arange(3)].reshape(-1, 3)


def _lamps(light: Light, corners: _Corners) -> Iterator[Lamp]:
    shadows = len(corners.casters) > 0
    if isinstance(light, SunLight):
        axis = normalize(light.direction)
        views = _parallel_views(axis, math.tan(light.angular_diameter_rad / 2), corners) if shadows else ()
        yield Lamp(sun=True, color=light.irradiance, position_m=(0.0, 0.0, 0.0), axis=axis, views=views)
    elif isinstance(light, SpotLight):
        axis = normalize(light.direction)
        outer = math.cos(light.outer_rad)
        scale = 1 / (math.cos(light.inner_rad) - outer)
        views = _central_views(light.position_m, axis, light.outer_rad, light.radius_m, corners) if shadows else ()
        shared = {"position_m": light.position_m, "axis": axis, "views": views, "squash": light.squash}
        yield Lamp(sun=False, color=light.intensity, cone_scale=scale, cone_offset=-outer * scale, cone_power=2.0, **shared)
    elif isinstance(light, PointLight):
        sides = ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0))
        for axis in sides if shadows else sides[:1]:
            views = (_central_view(light.position_m, axis, _CUBE_REACH, light.radius_m, corners),) if shadows else ()
            yield Lamp(sun=False, color=light.intensity, position_m=light.position_m, axis=axis, one_side=shadows, views=views)
    else:
        across, up, axis = light.axes
        width, height = (side / _RECT_PLACES for side in light.size_m)
        red, green, blue = (c * width * height for c in light.radiance)
        steps = [i - (_RECT_PLACES - 1) / 2 for i in range(_RECT_PLACES)]
        for x, y in ((x * width, y * height) for y in steps for x in steps):
            px, py, pz = (p + x * a + y * u for p, a, u in zip(light.position_m, across, up, strict=True))
            # The disc of the same area.
            views = _central_views((px, py, pz), axis, math.pi / 2, math.sqrt(width * height / math.pi), corners) if shadows else ()
            yield Lamp(sun=False, color=(red, green, blue), position_m=(px, py, pz), axis=axis, cone_scale=1.0, cone_offset=0.0, views=views)


def _parallel_views(axis: Vec3, blur_per_m: float, corners: _Corners) -> tuple[View, ...]:
    """Along a sun's light: of the small things among the casters, where there are larger ones, and of all."""
    boxes = corners.casters.reshape(-1, 8, 3)
    sizes = (boxes.max(axis=1) - boxes.min(axis=1)).max(axis=1)
    small = boxes[sizes < sizes.max() / _MUCH_SMALLER].reshape(-1, 3)
    return tuple(_parallel_view(axis, blur_per_m, casters, corners.all) for casters in (small, corners.casters) if len(casters))


def _parallel_view(axis: Vec3, blur_per_m: float, casters: NDArray[np.float64], all_corners: NDArray[np.float64]) -> View:
    middle = tuple(float(m) for m in (casters.min(axis=0) + casters.max(axis=0)) / 2)
    lamp_from_world = invert(look_at(tuple(m - d for m, d in zip(middle, axis, strict=True)), middle))
    scale = 0.49 / max(float(np.abs(apply(lamp_from_world, casters)[:, :2]).max()), 1e-3)
    z = apply(lamp_from_world, all_corners)[:, 2]
    near, far = float(z.min()) - 0.01, float(z.max()) + 0.01
    return View(lamp_from_world=lamp_from_world, central=False, scale=scale, near_m=near, far_m=far, blur=blur_per_m * scale * (far - near))


def _central_views(position: Vec3, axis: Vec3, half_angle_rad: float, radius_m: float, corners: _Corners) -> tuple[View, ...]:
    """From a bulb into its cone, or into less where all casters are within less."""
    reach = math.tan(min(half_angle_rad, _WIDEST_RAD))
    seen = apply(invert(look_at(position, tuple(p + a for p, a in zip(position, axis, strict=True)))), corners.casters)
    if seen[:, 2].min() > _NEAREST_M:
        reach = min(reach, float((np.abs(seen[:, :2]) / seen[:, 2:]).max()))
    return (_central_view(position, axis, max(reach, 1e-3) * 1.02, radius_m, corners),)


def _central_view(position: Vec3, axis: Vec3, reach: float, radius_m: float, corners: _Corners) -> View:
    lamp_from_world = invert(look_at(position, tuple(p + a for p, a in zip(position, axis, strict=True))))
    z = apply(lamp_from_world, corners.all)[:, 2]
    near = max(float(z.min()) * 0.99, _NEAREST_M)
    far = max(float(z.max()) * 1.01, near + _NEAREST_M)
    scale = 0.5 / reach
    blur = radius_m * scale * (far - near) / (far * near)
    return View(lamp_from_world=lamp_from_world, central=True, scale=scale, near_m=near, far_m=far, blur=blur)
