"""What shines along a street when it gets dark: street lamps, the head lamps of those who drive, windows.

Lamps are as bright as real ones beside the daylight that is left. But between noon and midnight there are a factor of a hundred thousand, and lamps'
glass, as it looks by day, is made for noon. So when it is dark all light is `gain` times as strong as it is: as much as brings it up to that of an
overcast day, a thousandfold at most. Exposures make up for it, as cameras do.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from diorama.randomizers.bounds import world_box
from diorama.randomizers.colors import luminance, rgb_from_kelvin, scaled
from diorama.randomizers.distributions import rounded
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.render.fog import air_light
from diorama.sim.seeds import Seed
from diorama.sim.sky import SCALE, level_irradiance, sun_light
from diorama.sim.spec import BodySpec, EnvironmentSpec, Fog, Light, MaterialSpec, PhysicalSky, PointLight, Rgb, SceneSpec, SpotLight, SunLight
from diorama.sim.spec.buildings import BuildingShape
from diorama.sim.spec.cycles import CycleShape
from diorama.sim.spec.shapes import Shape
from diorama.sim.spec.vehicles import LAMPS, VehicleShape
from diorama.sim.transforms import apply

#: W/m2 on level ground that light is brought up to, and how far at most.
_LEVEL, _MOST = 0.5, 1000.0
#: Daylight on the ground (W/m2, thousands of lux times SCALE) below which lamps are on: 300 lux.
DARK = 0.3 * SCALE
#: Lux below a street lamp, and what half of its cone's width is where it is full and where it ends.
_LAMP_LUX, _LAMP_FULL, _LAMP_END = 18.0, 0.75, 1.2
#: Lower lamps shine to all sides, with so many candela.
_LOW_M, _LOW_CD = 5.0, 160.0
#: A dipped head lamp: candela on its axis, the kelvins of halogen and of diodes, how far it looks down, how wide it is, and how flat.
_HEAD_CD, _HEAD_KELVIN, _HEAD_DOWN, _HEAD_FULL, _HEAD_END, _HEAD_FLAT = 9000.0, (3200.0, 5800.0), 0.055, 0.05, 0.6, 4.5
#: So far a lamp with shadows is from whatever may be in its way.
_AWAY_M = 0.3
_GROUND_M = 60.0
#: As much of the air as is lit by lamps, where there are some.
_FOGGY = 0.35
#: The luminance of what is seen of a lit room.
_WINDOW_CD_M2 = 30.0
#: What shines of a street lamp, W/m2/sr.
_GLOW = 9.0


def daylight(sky: PhysicalSky) -> float:
    """W/m2 (luminance) that sun and sky send onto level ground."""
    up = math.sin(max(sky.sun_elevation_rad, 0.0))
    return luminance(level_irradiance(sky)) + luminance(sun_light(sky).irradiance) * up


def gain(sky: PhysicalSky) -> float:
    """How much stronger all light is made than it is."""
    there = daylight(replace(sky, strength=1.0))
    return rounded(min(max(_LEVEL / max(there, 1e-9), 1.0), _MOST))


def street_lamps(spec: SceneSpec, library: AssetLibrary, kelvin: float, power: float, shadowed: int) -> tuple[list[Light], dict[str, int]]:
    """Lights in street lamps, `power` times as strong as they are, and how many parts each lamp has by its name; the last one shines.

    Of those on high poles, the `shadowed` ones next to the world's origin cast shadows, unless they stand within trees.
    """
    color = rgb_from_kelvin(kelvin)
    lights: list[tuple[float, Light]] = []
    parts: dict[str, int] = {}
    for body in spec.bodies:
        asset = library.shape_asset(body.shape)
        if "lamp" not in asset.landmarks or "vehicle" in body.tags:
            continue
        place, base = asset.landmarks["lamp"], asset.landmarks.get("base", asset.bounds_m[0])
        high = place[2] - base[2]
        parts[body.name] = len(asset.parts)
        away = math.hypot(*body.world_from_body.position_m[:2])
        if high < _LOW_M:
            lights.append((away, PointLight(position_m=place, intensity=_shone(color, _LOW_CD * power), radius_m=0.1, shadows=False, on=body.name)))
        else:
            intensity = _shone(color, _LAMP_LUX * high * high * power)
            spot = SpotLight(
                position_m=place, direction=(0.2, 0.0, -1.0), intensity=intensity, inner_rad=_LAMP_FULL, outer_rad=_LAMP_END, radius_m=0.1
            )
            lights.append((away, replace(spot, on=body.name, shadows=False)))
    spots = [(away, i) for i, (away, light) in enumerate(lights) if isinstance(light, SpotLight)]
    free = (i for _, i in sorted(spots) if not _is_hidden(lights[i][1], spec, library))
    chosen = set(islice(free, shadowed))
    return [light if i not in chosen else replace(light, shadows=True) for i, (_, light) in enumerate(lights)], parts


def head_lamps(spec: SceneSpec, library: AssetLibrary, seed: Seed, power: float, within_m: float) -> list[Light]:
    """The dipped beams of vehicles that drive, `power` times as strong as they are, as far as they are within a distance of the world's origin.

    Some are diodes, the rest halogen.
    """
    lights: list[Light] = []
    for body in drivers(spec):
        halogen = seed.child("body", body.name).rng().random() < 0.55
        asset = library.shape_asset(body.shape)
        x, y, _ = body.world_from_body.position_m
        # What lamps of bicycles light nobody sees.
        if math.hypot(x, y) > within_m or body.category == "bicycle":
            continue
        color = rgb_from_kelvin(_HEAD_KELVIN[0 if halogen else 1])
        for name in ("headlight-left", "headlight-right", "headlight"):
            place = asset.landmarks.get(name)
            if place is not None:
                # Just before the glass, or it would be in its own way.
                at = (place[0] + 0.1, place[1], place[2])
                spot = SpotLight(position_m=at, direction=(1.0, 0.0, -_HEAD_DOWN), inner_rad=_HEAD_FULL, outer_rad=_HEAD_END, radius_m=0.05)
                spot = replace(spot, narrowing=_HEAD_FLAT)
                lights.append(replace(spot, intensity=_shone(color, _HEAD_CD * power), shadows=False, on=body.name))
    return lights


def fog_by_lamps(sky: PhysicalSky, kelvin: float, power: float) -> Rgb:
    """The radiance of fog over a street with lamps: what the sky gives it, and of the light below lamps what some of it scatters to all sides."""
    around = air_light(EnvironmentSpec(surroundings=sky, fog=Fog(extinction_per_m=0.0)), ())
    lamps = scaled(rgb_from_kelvin(kelvin), _FOGGY * _LAMP_LUX * power * SCALE / 1000 / (4 * math.pi))
    red, green, blue = (rounded(a + b) for a, b in zip(around, lamps, strict=True))
    return (red, green, blue)


def drivers(spec: SceneSpec) -> Sequence[BodySpec]:
    """The vehicles that somebody drives."""
    return [body for body in spec.bodies if "vehicle" in body.tags and "parked" not in body.tags]


def with_beams(spec: SceneSpec) -> SceneSpec:
    """Those who drive with their dipped beams on, at all moments."""
    names = {body.name for body in drivers(spec)}
    bodies = tuple(replace(body, shape=_dipped(body.shape)) if body.name in names else body for body in spec.bodies)
    tracks = tuple(
        replace(track, changes=tuple(replace(c, shape=c.shape and _dipped(c.shape)) for c in track.changes)) if track.body in names else track
        for track in spec.tracks
    )
    return spec.replace(bodies=bodies, tracks=tracks)


def with_windows(spec: SceneSpec, lit: float, power: float) -> SceneSpec:
    """The share `lit` of all houses' windows shines, or more where it did, `power` times as strong as they are.

    That is told to one digit: what shines alike shares its pictures.
    """
    glow = float(f"{_WINDOW_CD_M2 * SCALE / 1000 * power:.1g}")
    bodies = [
        replace(body, shape=replace(body.shape, lit=max(body.shape.lit, lit), glow=glow)) if isinstance(body.shape, BuildingShape) else body
        for body in spec.bodies
    ]
    return spec.replace(bodies=tuple(bodies))


def with_glow(spec: SceneSpec, parts: dict[str, int], kelvin: float) -> SceneSpec:
    """What is transparent of street lamps shines; `parts` says how many parts each has."""
    shines = MaterialSpec(base_color=(0.8, 0.8, 0.78), roughness=0.4, emissive=scaled(rgb_from_kelvin(kelvin), _GLOW))
    bodies = [replace(b, part_materials=(*[None] * (parts[b.name] - 1), shines)) if b.name in parts else b for b in spec.bodies]
    return spec.replace(bodies=tuple(bodies))


def _dipped(shape: Shape) -> Shape:
    if isinstance(shape, CycleShape):
        return replace(shape, lit=True)
    if not isinstance(shape, VehicleShape):
        return shape
    on = {*shape.lights, "dipped"} - {"day"}
    return replace(shape, lights=tuple(lamp for lamp in LAMPS if lamp in on))


def _is_hidden(light: Light, spec: SceneSpec, library: AssetLibrary) -> bool:
    """Whether a lamp is within a tree or the like: shadows of what is so near would be blurred all over, and dear."""
    assert not isinstance(light, SunLight) and light.on is not None
    (at,) = apply(spec.body(light.on).world_from_body.matrix, [light.position_m]).tolist()

    def holds(body: BodySpec) -> bool:
        box = world_box(body, library)
        # Ground and hills hold everything.
        if max(high - low for low, high in zip(box.low, box.high, strict=True)) > _GROUND_M:
            return False
        return all(low - _AWAY_M < x < high + _AWAY_M for low, x, high in zip(box.low, at, box.high, strict=True))

    return any(holds(body) for body in spec.bodies if body.name != light.on)


def _shone(color: Rgb, candela: float) -> Rgb:
    """W/sr of so many candela."""
    return scaled(color, candela * SCALE / 1000)
