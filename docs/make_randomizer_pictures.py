"""Make the pictures of docs/randomizers.md.

    python docs/make_randomizer_pictures.py [NAME ...]

Each is a row of one scene that only one randomizer varies.
"""

import math
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.hdr import HdrMaps
from diorama.randomizers.lens import Lens
from diorama.randomizers.lights import KINDS, Lights
from diorama.randomizers.photo_backdrop import PhotoBackdrops
from diorama.randomizers.sensor import Sensor
from diorama.randomizers.sky import Place, Sky
from diorama.sim.assets.hdr import cosines
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.render import open_renderer
from diorama.sim.seeds import Seed
from diorama.sim.sky import sky_map, sun_light
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    MaterialSpec,
    PhysicalSky,
    Pose,
    SceneSpec,
    Shape,
    SphereShape,
    SunLight,
)
from diorama.sim.transforms import look_at

HERE = Path(__file__).parent / "images"
SIZE = (400, 300)


def thing(name: str, shape: Shape, place: tuple[float, float, float], tag: str = "object", **material: Any) -> BodySpec:
    """A body of its own material."""
    return BodySpec(name=name, shape=shape, world_from_body=Pose(place), tags=(tag,), material=MaterialSpec(**material))


#: A plate in the open, and what shows light on it: a mirror, something dull, something lacquered, something thin.
STAGE = SceneSpec(
    bodies=(
        thing("plate", CylinderShape(radius_m=0.45, height_m=0.04), (0, 0, -0.02), "support", base_color=(0.5, 0.47, 0.43), roughness=0.7),
        thing("mirror", SphereShape(radius_m=0.1), (0.1, 0.16, 0.1), base_color=(0.9, 0.9, 0.9), metallic=1.0, roughness=0.03),
        thing("ball", SphereShape(radius_m=0.08), (0.05, -0.18, 0.08), base_color=(0.8, 0.78, 0.75), roughness=0.9),
        thing("box", BoxShape(size_m=(0.12, 0.16, 0.2)), (-0.16, -0.02, 0.1), base_color=(0.6, 0.05, 0.04), roughness=0.4, clear_coat=1.0),
        thing("pole", CylinderShape(radius_m=0.012, height_m=0.3), (0.24, -0.03, 0.15), base_color=(0.1, 0.3, 0.6), roughness=0.5),
    ),
    environment=EnvironmentSpec(sky=(0.5, 0.55, 0.6), ground=(0.2, 0.18, 0.16)),
)


def row(variants: list[list[Any]]) -> np.ndarray:
    """The stage as each list of randomizers varies it, by a camera that exposes for it."""
    width, height = SIZE
    eye = Pose.from_matrix(look_at((1.25, 0.35, 0.33), (0.0, 0.0, 0.1)))
    camera = CameraSpec.from_fov(width=width, height=height, fov_y_rad=math.radians(40), world_from_camera=eye)
    library, pictures = AssetLibrary(), []
    with open_renderer("raster", library) as renderer:
        for randomizers in variants:
            spec = STAGE.replace(cameras=(camera,), lights=(SunLight(direction=(-1.0, 0.6, -1.2)),))
            for randomizer in (*randomizers, Sensor(adaptation=Constant(1), error_ev=Constant(0), target=0.3)):
                params = randomizer.sample(Seed(5).child(randomizer.name), spec, Context(library=library))
                spec = randomizer.apply(spec, params)
            renderer.load(spec)
            pictures.append(renderer.render(spec.cameras[0], ("rgb",)).rgb)
    return np.hstack(pictures)


def lights() -> np.ndarray:
    """Every kind of key light, alone, from the same side."""
    one = {"shadowed": Constant(1), "fill": Constant(0), "elevation_deg": Constant(50), "azimuth_deg": Constant(60), "panel_m": Constant(0.7)}
    return np.vstack([row([[Lights(key=Constant(kind), **one)] for kind in kinds]) for kinds in (KINDS[:3], KINDS[3:])])


def flicker() -> np.ndarray:
    """A lamp of which a shutter sees more swings the slower it rolls."""
    lamp = Lights(key=Constant("ceiling"), shadowed=Constant(1), fill=Constant(0), irradiance=Constant(5), flicker=Constant(0.9))
    return row([[lamp, Lens(rolling_shutter_s=Constant(s), exposure_s=Constant(0.001))] for s in (0.0, 0.015, 0.04)])


def sky() -> np.ndarray:
    """A day in June in Munich."""
    place = Place(latitude_deg=Constant(48), longitude_deg=Constant(11.6), day=Constant(172), lowest_deg=-10.0)
    hours = ((4.6, 7.0, 12.0), (16.0, 19.0, 20.2))
    return np.vstack([row([[Sky(place=replace(place, hour=Constant(h)), north_deg=Constant(100))] for h in some]) for some in hours])


def hdr_maps(folder: str) -> Iterator[str]:
    """An open field with a sun, an overcast sky, and a room with two windows, as .hdr files."""
    height = 512
    outside = PhysicalSky(sun_elevation_rad=0.6, sun_azimuth_rad=2.2)
    picture = sky_map(outside, height)
    toward = (math.cos(0.6) * math.cos(2.2), math.cos(0.6) * math.sin(2.2), math.sin(0.6))
    radius = 0.008
    picture[cosines(height, toward) > math.cos(radius)] += np.float32(sun_light(outside).irradiance) / (math.pi * math.sin(radius) ** 2)
    up = cosines(height, (0, 0, 1))
    overcast = np.where(up > 0, 0.4 + 0.5 * up, 0.12)[..., None] * np.ones(3)
    room = np.where(up > 0.6, 0.25, 0.12)[..., None] * (1.0, 0.9, 0.75)
    for azimuth in (2.4, 3.2):
        window = (math.cos(azimuth), math.sin(azimuth), 0.3)
        room[(cosines(height, window) > math.cos(0.25)) & (np.abs(up - 0.29) < 0.2)] = (5.0, 5.5, 6.2)
    for name, light in (("field", picture), ("overcast", overcast), ("room", room)):
        path = f"{folder}/{name}.hdr"
        cv2.imwrite(path, light[..., ::-1].astype(np.float32))
        yield path


def hdr_map() -> np.ndarray:
    """The stage in each of the maps."""
    with tempfile.TemporaryDirectory() as folder:
        return row([[HdrMaps(paths=(path,), turn_deg=Constant(60), irradiance=Constant(3))] for path in hdr_maps(folder)])


def photo_backdrop() -> np.ndarray:
    """A street at noon, at sunset and at night."""
    sheet = cv2.imread(str(HERE / "gallery" / "street.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        photos = [f"{folder}/{name}.png" for name in ("noon", "sunset", "night")]
        for path, (row_, column) in zip(photos, ((0, 0), (1, 0), (1, 2)), strict=True):
            cv2.imwrite(path, sheet[274 * row_ + 4 : 274 * row_ + 246, 399 * column + 4 : 399 * column + 394])
        return row([[PhotoBackdrops(paths=(photo,), brightness=Constant(1), zoom=Constant(1.2))] for photo in photos])


MAKERS = {"lights": lights, "flicker": flicker, "sky": sky, "hdr-map": hdr_map, "photo-backdrop": photo_backdrop}

if __name__ == "__main__":
    target = HERE / "randomizers"
    target.mkdir(exist_ok=True)
    for name in sys.argv[1:] or MAKERS:
        cv2.imwrite(str(target / f"{name}.jpg"), MAKERS[name]()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
