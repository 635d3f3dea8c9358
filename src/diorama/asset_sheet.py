"""A picture sheet of assets, each beside a cube of a known size, so that one sees at once what there is and whether its units are right."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from diorama.preview import Image, check_png_name, grid, write_png
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.report import length
from diorama.sim.render.raster import Raster
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    MaterialSpec,
    MeshShape,
    Pose,
    ProceduralTexture,
    RectLight,
    SceneSpec,
    Vec3,
)
from diorama.sim.transforms import apply, invert, look_at, project

#: Assets on a page, and how many of them side by side.
PAGE, COLUMNS = 60, 10

_WIDTH_PX, _HEIGHT_PX, _LINE_PX = 300, 240, 17
_FOV_RAD = math.radians(28)
_ELEVATION_RAD, _AZIMUTH_RAD = math.radians(24), math.radians(-68)
#: The cube is 10 cm wide beside all that is from half to 15 times as wide.
_CUBE_M, _CUBE_SHARES = 0.1, (1 / 15, 2.0)
#: Larger or smaller than this is drawn in another colour: it may be right, and should be looked at.
_USUAL_M = (0.005, 5.0)
_GAP = 0.16

_INK, _DIM, _ALARM, _PAPER = (235, 235, 235), (170, 170, 170), (60, 150, 255), 24
_FONT, _FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.4
#: By their sides, for things of a house; cubes of other sides ask to be looked at.
_CUBES = {
    0.1: MaterialSpec(base_color=(0.05, 0.22, 0.55), roughness=0.6),
    0.01: MaterialSpec(base_color=(0.08, 0.4, 0.16), roughness=0.6),
    1.0: MaterialSpec(base_color=(0.28, 0.14, 0.4), roughness=0.6),
}
_UNUSUAL_CUBE = MaterialSpec(base_color=(0.85, 0.2, 0.02), roughness=0.6)
_SURROUNDINGS = EnvironmentSpec(sky=(0.55, 0.57, 0.6), ground=(0.3, 0.3, 0.3))
_WINDOW = RectLight(position_m=(-2.0, -2.5, 4.0), direction=(0.45, 0.55, -0.9), size_m=(2.5, 2.5), radiance=(5.0, 4.9, 4.7))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFacts:
    """An asset in numbers: its bounding box, the volume and mass (at its density) of its matter, convex pieces, and triangles to see."""

    id: str
    category: str
    size_m: Vec3
    volume_m3: float
    mass_kg: float
    pieces: int
    triangles: int

    @property
    def size(self) -> str:
        """Its sides to read, in one unit."""
        widest = max(self.size_m)
        unit, factor = ("m", 1.0) if widest >= 1 else ("cm", 100.0) if widest >= 0.01 else ("mm", 1000.0)
        return " x ".join(f"{side * factor:.3g}" for side in self.size_m) + f" {unit}"

    @property
    def volume(self) -> str:
        """Its volume to read."""
        v = self.volume_m3
        return f"{v * 1e6:.3g} ml" if v < 1e-3 else f"{v * 1e3:.3g} l" if v < 1 else f"{_plain(v)} m3"

    @property
    def mass(self) -> str:
        """Its mass to read."""
        m = self.mass_kg
        return f"{m * 1000:.3g} g" if m < 1 else f"{m:.3g} kg" if m < 1000 else f"{_plain(m / 1000)} t"

    @property
    def is_usual(self) -> bool:
        """Whether it has a size that things in a house have."""
        return _USUAL_M[0] <= max(self.size_m) <= _USUAL_M[1]


def inspect_assets(library: AssetLibrary, out: Path) -> tuple[list[AssetFacts], list[Path]]:
    """Write a sheet of all assets of a library as PNG files of `PAGE` each: ``assets.png``, ``assets-2.png`` and so on; and tell of each.

    Raises AssetError when there is nothing to show, OutputError when a file cannot be written.
    """
    check_png_name(out)
    facts: list[AssetFacts] = []
    paths: list[Path] = []
    tiles = _tiles(library)
    while page := list(islice(tiles, PAGE)):
        facts += [fact for fact, _ in page]
        paths.append(out if not paths else out.with_name(f"{out.stem}-{len(paths) + 1}{out.suffix}"))
        write_png(paths[-1], grid([tile for _, tile in page], columns=min(COLUMNS, math.ceil(math.sqrt(len(page))))))
    return facts, paths


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _tiles(library: AssetLibrary) -> Iterator[tuple[AssetFacts, Image]]:
    ids = library.ids()
    with Raster(library) as renderer:
        for asset_id in ids:
            fact = facts_of(library, asset_id)
            yield fact, _tile(fact, library, renderer)


def facts_of(library: AssetLibrary, asset_id: str) -> AssetFacts:
    """The numbers of an asset. Raises what `AssetLibrary.load` does."""
    asset = library.load(asset_id)
    (x0, y0, z0), (x1, y1, z1) = asset.bounds_m
    return AssetFacts(
        id=asset.id,
        category=asset.category,
        size_m=(x1 - x0, y1 - y0, z1 - z0),
        volume_m3=asset.volume_m3,
        mass_kg=asset.volume_m3 * asset.density_kg_m3,
        pieces=len(asset.hulls),
        triangles=sum(len(part.faces) for part in asset.parts),
    )


def cube_beside(widest_m: float) -> float:
    """The side of a cube to compare a thing with: 10 cm, or else the power of ten below its widest side."""
    low, high = _CUBE_SHARES
    return _CUBE_M if low <= _CUBE_M / widest_m <= high else round(10.0 ** math.floor(math.log10(widest_m)), 9)


def _tile(fact: AssetFacts, library: AssetLibrary, renderer: Raster) -> Image:
    cube_m = cube_beside(max(fact.size_m))
    scene, camera, top = _scene(fact, cube_m / max(fact.size_m), library)
    renderer.load(scene)
    rgb = renderer.render(camera, ("rgb",)).rgb
    assert rgb is not None
    tile = np.full((_HEIGHT_PX + 3 * _LINE_PX + 5, _WIDTH_PX, 3), _PAPER, np.uint8)
    tile[:_HEIGHT_PX] = rgb[..., ::-1]
    (u, v) = project(camera.k, apply(invert(camera.world_from_camera.matrix), np.array([top])))[0].tolist()
    _write(tile, length(cube_m), round(u), round(v) - 5, (20, 20, 20), centered=True)
    name = fact.id.partition(":")[2]
    lines = [
        (name, _INK),
        (f"{fact.category}, {fact.size}", _DIM if fact.is_usual else _ALARM),
        (f"{fact.volume}, {fact.mass}, {fact.pieces} hull{'s' if fact.pieces > 1 else ''}, {fact.triangles} faces", _DIM),
    ]
    for k, (text, ink) in enumerate(lines):
        _write(tile, text, 4, _HEIGHT_PX + (k + 1) * _LINE_PX - 3, ink)
    return tile


def _scene(fact: AssetFacts, cube: float, library: AssetLibrary) -> tuple[SceneSpec, CameraSpec, Vec3]:
    """The thing, made one unit wide, on a floor with a cube of that side beside it; a camera that sees both; and the middle of the cube's top."""
    scale = 1 / max(fact.size_m)
    asset = library.load(fact.id)
    (x0, y0, z0), (x1, y1, z1) = (tuple(c * scale for c in corner) for corner in asset.bounds_m)
    width, depth, height = x1 - x0, y1 - y0, z1 - z0
    at = (-(width + cube) / 2 - _GAP, (cube - depth) / 2, cube / 2)
    checks = ProceduralTexture(pattern="checks", color_a=(0.36, 0.36, 0.36), color_b=(0.42, 0.42, 0.42), tile_m=8 * cube, frequency=4)
    bodies = (
        BodySpec(name="asset", shape=MeshShape(asset=fact.id, scale=scale), world_from_body=Pose((-(x0 + x1) / 2, -(y0 + y1) / 2, -z0))),
        BodySpec(
            name="cube",
            shape=BoxShape(size_m=(cube, cube, cube)),
            world_from_body=Pose(at),
            material=_CUBES.get(cube_beside(max(fact.size_m)), _UNUSUAL_CUBE),
        ),
        BodySpec(
            name="floor",
            shape=BoxShape(size_m=(400.0, 400.0, 1.0)),
            world_from_body=Pose((0.0, 0.0, -0.5)),
            material=MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.9, texture=checks),
        ),
    )
    left, right, near, far, top = at[0] - cube / 2, width / 2, -depth / 2, max(depth / 2, at[1] + cube / 2), max(height, cube)
    target = ((left + right) / 2, (near + far) / 2, top / 2)
    radius = math.hypot(right - left, far - near, top) / 2
    back = 1.02 * radius / math.sin(_FOV_RAD / 2)
    across = back * math.cos(_ELEVATION_RAD)
    eye = (
        target[0] + across * math.cos(_AZIMUTH_RAD),
        target[1] + across * math.sin(_AZIMUTH_RAD),
        target[2] + back * math.sin(_ELEVATION_RAD),
    )
    pose = Pose.from_matrix(look_at(eye, target))
    camera = CameraSpec.from_fov(width=_WIDTH_PX, height=_HEIGHT_PX, fov_y_rad=_FOV_RAD, world_from_camera=pose)
    spec = SceneSpec(bodies=bodies, lights=(_WINDOW,), cameras=(camera,), environment=_SURROUNDINGS)
    return spec, camera, (at[0], at[1], cube)


def _write(tile: Image, text: str, x: int, y: int, ink: tuple[int, int, int], *, centered: bool = False) -> None:
    """A line of text from (x, y) on, or about it; cut in the middle where it is too long. The font has ASCII alone."""
    text = text.encode("ascii", "replace").decode()
    while _text_px(text) > tile.shape[1] - 8:
        half = (len(text) - 4) // 2
        text = f"{text[:half]}...{text[-half:]}"
    if centered:
        x = min(max(x - _text_px(text) // 2, 2), tile.shape[1] - _text_px(text) - 2)
    cv2.putText(tile, text, (x, max(y, 10)), _FONT, _FONT_SCALE, ink, 1, cv2.LINE_AA)


def _text_px(text: str) -> int:
    return cv2.getTextSize(text, _FONT, _FONT_SCALE, 1)[0][0]
