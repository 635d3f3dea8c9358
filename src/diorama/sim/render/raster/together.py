"""Worlds of the same bodies, photographed together: single launches over (picture, triangle), (picture, pixels) and (picture, fragments).

Shadow maps, ambient occlusion, and what lenses and sensors do to light beyond noise and response, are made picture by picture, on the device
as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.raster import picture_geometry, picture_light
from diorama.sim.render.raster.channels import category_ids
from diorama.sim.render.raster.device import Array, Scratch, described, described_rows, layout, record, records, wp
from diorama.sim.render.raster.environment import Environment, EnvironmentCache, environment_arrays
from diorama.sim.render.raster.exposure import COLOR_SAMPLES
from diorama.sim.render.raster.fog import Fog, fog_of
from diorama.sim.render.raster.lanes import COUNT
from diorama.sim.render.raster.light_data import LightData, Shadows
from diorama.sim.render.raster.lights import SceneLights, light_rows
from diorama.sim.render.raster.meshes import Triangle
from diorama.sim.render.raster.occlusion import Occlusion
from diorama.sim.render.raster.picture_geometry import Picture
from diorama.sim.render.raster.scene import Bodies, SceneArrays, SceneCache, world_boxes
from diorama.sim.render.raster.sensor import BLOCK, Codes, Sensor, Signals, compressed
from diorama.sim.render.raster.shade import Lighting
from diorama.sim.render.raster.visibility import GROUP, Columns, Functions, Planes, Winners
from diorama.sim.spec import CameraSpec, SceneSpec, SensorSpec
from diorama.sim.spec.pose import pose_matrices
from diorama.sim.transforms import Matrix, invert

#: What can be photographed together, and what a pixel is to the picture_geometry.
CHANNELS = {"rgb": wp.vec3ub, "radiance": wp.vec3, "depth": wp.float32, "instance": wp.int32, "normal": wp.vec3, "category": wp.int32}
_LIT = {"rgb", "radiance"}
#: What the winners of a band of rows may take of a processor's cache.
_BAND_BYTES = 2_000_000
_COLORS = len(COLOR_SAMPLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shoot:
    """What is photographed: `worlds` of the same meshes, each with its own `bodies`, by its own `cameras`, all of them one after the other.

    `matrices` (worlds, n, 4, 4) is where bodies are. `vertices` and `triangles` have a row for each world. `pictures` (Picture) are records, one
    for each camera; `surfaces` and `texels` are those that they describe.
    """

    scene: SceneArrays
    worlds: Sequence[SceneSpec]
    bodies: Sequence[Bodies]
    cameras: Sequence[CameraSpec]
    matrices: Matrix
    vertices: Array
    triangles: Array
    surfaces: Array
    texels: Array
    pictures: Any

    @property
    def per_world(self) -> int:
        return len(self.cameras) // len(self.worlds)

    @property
    def size(self) -> tuple[int, int]:
        return self.cameras[0].width, self.cameras[0].height

    @property
    def pixels(self) -> int:
        return self.cameras[0].width * self.cameras[0].height


class Together:
    """Photographs worlds on one device, with what the rasterizer has for all pictures."""

    def __init__(
        self, scratch: Scratch, scenes: SceneCache, surroundings: EnvironmentCache, occlusion: Occlusion, sensor: Sensor, dfg: Array, ltc: Array
    ) -> None:
        self.device = scratch.device
        self._scratch, self._scenes, self._surroundings, self._occlusion, self._sensor = scratch, scenes, surroundings, occlusion, sensor
        self._dfg, self._ltc = dfg, ltc
        self._samples = wp.array((*COLOR_SAMPLES, (0.5, 0.5)), dtype=wp.vec2d, device=self.device)
        self._no_rays = wp.empty((0, 0, 0, 0), dtype=Columns, device=self.device)
        self._no_noise = wp.empty(0, dtype=wp.float32, device=self.device)
        self._everything_open = wp.empty(0, dtype=wp.float32, device=self.device)
        self._mixed_room = 4096

    def photograph(
        self, scene: SceneArrays, worlds: Sequence[SceneSpec], bodies: Sequence[Bodies], out: Mapping[str, Array], places: NDArray[np.int64]
    ) -> None:
        """Photograph worlds whose meshes are those of the `scene`, each by its cameras. `bodies` are those of each world.

        `out` has (pictures, pixels) arrays by channel; `places` says which picture there each camera's is.
        """
        lit = not _LIT.isdisjoint(out)
        occluded = [lit and world.environment.occlusion_radius_m > 0 for world in worlds for _ in world.cameras]
        needed = {"instance", "depth", "normal"} if any(occluded) else {"instance", "depth"} if out.keys() - _LIT else set()
        shoot = self._set_up(scene, worlds, bodies)
        made = {name: (array, places) for name, array in out.items()}
        for name in needed - out.keys():
            made[name] = self._rows(name, CHANNELS[name], (len(shoot.cameras), shoot.pixels)), np.arange(len(shoot.cameras))
        for name, (array, at) in made.items():
            if name != "rgb":
                shoot.pictures[name] = described_rows(array)[at]
        pictures, mixed = self._look(shoot, lit, bool(needed))
        if "category" in out:
            categories = wp.array(np.array([[0, *category_ids(world)] for world in worlds]), dtype=wp.int32, device=self.device)
            self._launch(picture_geometry.categorize, (len(shoot.cameras), shoot.pixels), pictures, shoot.per_world, categories)
        if lit:
            openness = self._rows("openness", wp.float32, (len(shoot.cameras), shoot.pixels))
            for p, camera in enumerate(shoot.cameras):
                if occluded[p]:
                    depth, normal = (made[name][0][int(made[name][1][p])] for name in ("depth", "normal"))
                    radius_m = worlds[p // shoot.per_world].environment.occlusion_radius_m
                    wp.copy(openness[p], self._occlusion.visible(depth, normal, camera, radius_m))
            self._shade(shoot, pictures, np.where(occluded, described_rows(openness), described(self._everything_open)), mixed)
            threads = 1 if self.device == "cpu" else shoot.pixels
            self._launch(picture_light.blend, (len(shoot.cameras), threads), pictures, shoot.pixels, threads)
        if "rgb" in out:
            self._develop(shoot, out["rgb"], places)

    def _rows(self, name: str, dtype: Any, shape: tuple[int, int]) -> Array:
        return self._scratch.rows(f"together {name}", dtype, shape)

    def _launch(self, kernel: Any, dim: tuple[int, ...], *inputs: Any) -> None:
        self._scratch.launch(kernel, dim, *inputs)

    def _set_up(self, scene: SceneArrays, worlds: Sequence[SceneSpec], bodies: Sequence[Bodies]) -> _Shoot:
        """Put the bodies where they are in each world, and the cameras."""
        matrices = pose_matrices(body.world_from_body for world in worlds for body in world.bodies).reshape(len(worlds), -1, 4, 4)
        world_from_body = wp.array(matrices, dtype=wp.mat44d, device=self.device)
        vertices = self._rows("vertices", wp.vec3d, (len(worlds), len(scene.vertices)))
        triangles = self._rows("triangles", Triangle, (len(worlds), scene.count))
        self._launch(picture_geometry.place_vertices, vertices.shape, world_from_body, scene.vertex_body, scene.local_vertices, vertices)
        self._launch(picture_geometry.place_triangles, triangles.shape, world_from_body, scene.triangle_body, scene.local_triangles, triangles)
        cameras = [camera for world in worlds for camera in world.cameras]
        count, pictures = len(cameras), _aimed(cameras)
        kinds, which = _runs(bodies)
        # Most often all have the materials of the scene.
        surfaces, texels = (scene.surfaces, scene.texels) if kinds == [scene.bodies] else self._scenes.surfaces(kinds)
        shoot = _Shoot(
            scene=scene,
            worlds=worlds,
            bodies=bodies,
            cameras=cameras,
            matrices=matrices,
            vertices=vertices,
            triangles=triangles,
            surfaces=surfaces,
            texels=texels,
            pictures=pictures,
        )
        looks = pictures["looks"]
        pictures["vertices"] = np.repeat(described_rows(vertices), shoot.per_world)
        looks["triangles"] = np.repeat(described_rows(triangles), shoot.per_world)
        looks["dfg"] = described(self._dfg)
        looks["weather"] = described(self._no_noise)
        looks["surfaces"] = np.repeat(described_rows(surfaces.reshape((len(kinds), -1)))[which], shoot.per_world)
        looks["texels"] = described(texels)
        sides = np.array([picture_geometry.ONE_SIDED * one.one_sided + picture_geometry.CLOSED * one.closed[scene.surface_body] for one in kinds])
        culled = self._rows("culled", wp.uint8, (count, len(scene.surface_body)))
        bounds = self._rows("bounds", wp.vec4i, (count, scene.count))
        functions = self._rows("functions", Functions, (count, scene.count))
        planes = self._rows("planes", Planes, (count, scene.count))
        for name, array in (("culled", culled), ("bounds", bounds), ("functions", functions)):
            pictures[name] = described_rows(array)
        looks["planes"] = described_rows(planes)
        aimed = records(pictures, Picture, self.device)
        boxes = wp.array(scene.bodies.boxes_m, dtype=wp.vec3d, device=self.device)
        about = (
            wp.array(sides[which].reshape(len(worlds), -1), dtype=wp.uint8, device=self.device),
            wp.array(scene.surface_body, dtype=wp.int32, device=self.device),
            boxes,
        )
        self._launch(picture_geometry.cull, culled.shape, aimed, shoot.per_world, world_from_body, *about)
        self._launch(picture_geometry.set_up, bounds.shape, aimed, scene.faces, scene.triangle_surface, wp.vec2d(*shoot.size))
        return shoot

    def _look(self, shoot: _Shoot, lit: bool, labelled: bool) -> tuple[Array, int]:
        """Find what each pixel sees: its labels, and the fragments of its colour samples. Returns the pictures as the kernels read them, and how
        many fragments the mixed pixels of one have at most.
        """
        scene, pictures, count, (width, height) = shoot.scene, shoot.pictures, len(shoot.cameras), shoot.size
        offsets = self._samples[0 if lit else _COLORS : _COLORS + labelled]
        samples, groups = len(offsets), -(-width // GROUP)
        # On the CPU, where a launch is a loop, a picture at a time, so that its winners stay in the cache. A GPU wants large triangles shared out.
        lot, band, strips, threads = count, height, max(height // 16, 1), groups
        if self.device == "cpu":
            lot, band, strips, threads = 1, min(max(_BAND_BYTES // (8 * samples * width), 1), height), 1, 1
        winners = self._rows("winners", Winners, (lot, samples * band * groups))
        pictures["winners"] = described_rows(winners)[np.arange(count) % lot]
        while True:
            counts = self._make_room(shoot) if lit else None
            shown = records(pictures, Picture, self.device)
            for first in range(0, count, lot):
                some = shown[first : first + lot]
                for top in range(0, height, band):
                    bottom = min(top + band, height)
                    plane = (bottom - top) * groups
                    winners.zero_()
                    self._launch(picture_geometry.rasterize, (len(some), scene.count, strips), some, offsets, width, top, bottom, strips)
                    if lit:
                        where = (plane, offsets, self._no_rays, _COLORS, top, width, shoot.pixels, threads)
                        self._launch(picture_geometry.gather, (len(some), bottom - top, threads), some, *where)
                    if labelled:
                        where = (scene.triangle_body, self._no_rays, samples - 1, plane * (samples - 1), top, width, threads)
                        self._launch(picture_geometry.resolve, (len(some), bottom - top, threads), some, *where)
            mixed = 0 if counts is None else int(counts.numpy().max())
            if mixed <= self._mixed_room:
                return shown, mixed
            # More pixels see several surfaces than there was room for: make room, and look again.
            self._mixed_room = mixed * 5 // 4

    def _make_room(self, shoot: _Shoot) -> Array:
        """Room for fragments and their light. Returns the counts of those of mixed pixels."""
        pictures, pixels, count = shoot.pictures, shoot.pixels, len(shoot.cameras)
        sizes = {
            "triangle": (wp.int32, pixels + self._mixed_room),
            "place": (wp.vec2, self._mixed_room),
            "share": (wp.float32, self._mixed_room),
            "run": (wp.vec2i, pixels),
            "count": (wp.int32, 1),
        }
        made = {name: self._rows(f"fragment {name}", dtype, (count, size)) for name, (dtype, size) in sizes.items()}
        made["count"].zero_()
        for name, array in made.items():
            pictures["fragments"][name] = described_rows(array)
        light = self._rows("light", wp.vec3, (count, pixels + self._mixed_room))
        pictures["light"] = described_rows(light)
        return made["count"]

    def _shade(self, shoot: _Shoot, pictures: Array, openness: NDArray[Any], mixed: int) -> None:
        """The light of all fragments."""
        worlds, groups = shoot.worlds, -(-(shoot.pixels + mixed) // COUNT)
        specs, which = _runs([world.environment for world in worlds])
        environments = [environment_arrays(spec, self.device, self._surroundings) for spec in specs]
        lighting: Any = np.zeros(len(pictures), layout(Lighting))
        surroundings = np.frombuffer(b"".join(bytes(one.__ctype__()) for one in environments), layout(Environment))
        lighting["environment"] = np.repeat(surroundings[which], shoot.per_world)
        lighting["openness"], lighting["ltc"] = openness, described(self._ltc)
        fogs = [record(fog_of(world.environment, world.lights), Fog) for world in worlds]
        lighting["fog"] = np.repeat(np.concatenate(fogs), shoot.per_world)
        sets, which = _runs([world.lights_in_world() for world in worlds])
        if not any(light.shadows for lights in sets for light in lights):
            table = records(light_rows([light for lights in sets for light in lights]), LightData, self.device)
            counts = np.array([len(lights) for lights in sets])
            lights = np.repeat(described(table), len(sets))
            lights["data"] += ((np.cumsum(counts) - counts) * table.strides[0]).astype(np.uint64)
            lights["shape"][:, 0] = counts
            lights = lights[which]
            lighting["lights"] = np.repeat(lights, shoot.per_world)
            self._launch(picture_light.shade, (len(pictures), groups), pictures, records(lighting, Lighting, self.device), shoot.pixels)
            return
        bounds_m = world_boxes(shoot.matrices, shoot.scene.bodies.boxes_m)
        for w, world in enumerate(worlds):
            placed = {"vertices": shoot.vertices[w], "triangles": shoot.triangles[w], "bounds_m": bounds_m[w]}
            scene = replace(shoot.scene, **placed, bodies=shoot.bodies[w])
            lights = SceneLights(world.lights_in_world(), world.mounts, scene, self._scratch, 1 if self.device == "cpu" else 32)
            for p, camera in enumerate(world.cameras, start=w * shoot.per_world):
                seen = lights.seen_by(camera)
                lighting["lights"][p], lighting["shadows"][p] = described(seen.lights)[0], record(seen.shadows, Shadows)[0]
                own = records(lighting[p : p + 1], Lighting, self.device)
                self._launch(picture_light.shade, (1, groups), pictures[p : p + 1], own, shoot.pixels)

    def _develop(self, shoot: _Shoot, rgb: Array, places: NDArray[np.int64]) -> None:
        """Make pictures of light."""
        light = self._rows("light", wp.vec3, (len(shoot.cameras), shoot.pixels + self._mixed_room))
        blocks = shoot.pixels // BLOCK
        together = [p for p, camera in enumerate(shoot.cameras) if shoot.pixels % BLOCK == 0 and _is_plain(camera.sensor)]
        if together:
            signals = wp.array(ptr=light.ptr, dtype=Signals, shape=(len(light), blocks), strides=(light.strides[0], 12 * BLOCK), device=self.device)
            codes = wp.array(ptr=rgb.ptr, dtype=Codes, shape=(len(rgb), blocks), device=self.device)
            rows: Any = np.zeros(len(together), layout(picture_light.Exposure))
            rows["light"], rows["rgb"] = described_rows(signals)[together], described_rows(codes)[places[together]]
            sensors, which = _runs([shoot.cameras[p].sensor for p in together])
            rows["gain"] = np.array([[2.0**s.exposure_ev * share for share in s.white_balance] for s in sensors])[which]
            rows["read2"], rows["shot2"] = (
                np.array(noise)[which] for noise in zip(*((s.read_noise**2, s.shot_noise**2) for s in sensors), strict=True)
            )
            rows["seed"] = np.array([s.noise_seed for s in sensors])[which]
            rows["codes"] = np.concatenate([described(self._sensor.table(s.tone_curve)) for s in sensors])[which]
            self._launch(picture_light.expose, (len(together), blocks), records(rows, picture_light.Exposure, self.device))
        for p in sorted(set(range(len(shoot.cameras))).difference(together)):
            camera, picture = shoot.cameras[p], rgb[int(places[p])]
            self._sensor.develop_on_device(light[p, : shoot.pixels], camera, picture)
            quality = camera.sensor.jpeg_quality
            if quality is not None:
                # The one thing that is done on the CPU.
                pixels = compressed(picture.numpy().reshape(camera.height, camera.width, 3), quality)
                wp.copy(picture, wp.array(pixels.reshape(-1, 3), dtype=wp.vec3ub, device=self.device))


def _runs(values: Sequence[Any]) -> tuple[list[Any], NDArray[np.int64]]:
    """The values without those that are as the one before, which most often are the same objects; and for each value which of these it is."""
    runs, which = [], []
    for value in values:
        if not runs or (value is not runs[-1] and value != runs[-1]):
            runs.append(value)
        which.append(len(runs) - 1)
    return runs, np.array(which, np.int64)


def _aimed(cameras: Sequence[CameraSpec]) -> Any:
    """Pictures' records of where cameras are."""
    numbers = np.array([(c.fx, c.fy, c.cx, c.cy, c.near_m, c.far_m) for c in cameras])
    focal, center, near, far = numbers[:, :2], numbers[:, 2:4], numbers[:, 4], numbers[:, 5]
    width, height = cameras[0].width, cameras[0].height
    world_from_camera = pose_matrices(camera.world_from_camera for camera in cameras)
    position = world_from_camera[:, :3, 3]
    camera_from_world = invert(world_from_camera)
    pictures: Any = np.zeros(len(cameras), layout(Picture))
    pinhole, view = pictures["pinhole"], pictures["view"]
    pinhole["rotation"], pinhole["translation"] = camera_from_world[:, :3, :3], camera_from_world[:, :3, 3]
    pinhole["camera_from_world"], pinhole["position"] = camera_from_world[:, :3, :3], position
    pinhole["focal"], pinhole["center"], pinhole["near"] = focal, center, near
    pinhole["inverse_near"], pinhole["inverse_far"] = 1 / near, 1 / far
    # The near plane is farther off in the picture's corners.
    aside = np.maximum(center, np.array([width, height]) - center) / focal
    pinhole["reach"] = near * (1 + np.abs(aside[:, 0] + aside[:, 1]))
    view["width"], view["height"], view["per_focal"], view["center"] = width, height, 1 / focal, center
    view["position"], view["world_from_camera"] = position, world_from_camera[:, :3, :3]
    return pictures


def _is_plain(sensor: SensorSpec) -> bool:
    """Whether only noise and response make the picture of the light."""
    return sensor.vignetting == sensor.chromatic_aberration_px == sensor.bloom == 0 and sensor.jpeg_quality is None and sensor.drops is None
