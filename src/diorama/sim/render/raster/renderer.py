"""The rasterizer: one scene on a device, photographed by one camera after another."""

from collections.abc import Collection, Sequence
from typing import Any, Self

import numpy as np

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Frame, Silhouette, check_channels
from diorama.sim.render.backdrop import Backdrops
from diorama.sim.render.flicker import row_powers
from diorama.sim.render.raster import lens_visibility, visibility
from diorama.sim.render.raster.area import lobe_table
from diorama.sim.render.raster.batch import Batch, photograph
from diorama.sim.render.raster.channels import DTYPES, FLOWS, Sight, find_triangles, flow, resolve
from diorama.sim.render.raster.device import Array, Scratch, wp
from diorama.sim.render.raster.dfg import dfg_table
from diorama.sim.render.raster.environment import EnvironmentCache, environment_arrays
from diorama.sim.render.raster.exposure import COLOR_SAMPLES, MIDDLE, Shot, blurred_shots, sharp_shots, sheared
from diorama.sim.render.raster.falling import let_fall
from diorama.sim.render.raster.fog import fog_of
from diorama.sim.render.raster.fragments import Fragments, accumulate, blend, gather
from diorama.sim.render.raster.lanes import COUNT
from diorama.sim.render.raster.layers import Layers
from diorama.sim.render.raster.lidar import scanned
from diorama.sim.render.raster.occlusion import Occlusion
from diorama.sim.render.raster.partial import Partial, most_rows
from diorama.sim.render.raster.presence import LABELS, LIGHT
from diorama.sim.render.raster.projection import Projection, project
from diorama.sim.render.raster.ray_tables import BEYOND, RayTables
from diorama.sim.render.raster.reach import reaches
from diorama.sim.render.raster.reflections import Mirror, add_reflections, find_reflections
from diorama.sim.render.raster.scene import SceneArrays, SceneCache
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.render.raster.shade import Lighting, shade
from diorama.sim.render.raster.shade_weather import shade_weather
from diorama.sim.render.raster.silhouettes import joined, silhouettes
from diorama.sim.render.raster.stage import Stage
from diorama.sim.render.raster.surface import Looks, View
from diorama.sim.render.raster.surface_channels import SURFACE_DTYPES, resolve_surface
from diorama.sim.render.raster.together import Together
from diorama.sim.render.raster.weather import weather_noise
from diorama.sim.spec import CameraSpec, SceneSpec
from diorama.sim.transforms import compose, invert

_SAMPLES = (*COLOR_SAMPLES, MIDDLE)
#: What the winners of a band of rows may take of a processor's cache.
_BAND_BYTES = 2_000_000
_KEPT_LENSES = 2
_FROM_LIGHT = frozenset({"rgb", "radiance"})
_OF_TRIANGLES = DTYPES | SURFACE_DTYPES


class Raster:
    """Renders on the CPU or, by the same kernels, on a CUDA device. `device` is Warp's name for it."""

    def __init__(self, library: AssetLibrary, device: str = "cpu") -> None:
        self.device = device
        # On the CPU a launch is a loop and a triangle one turn of it; a GPU wants large triangles shared out.
        self._strips = 1 if device == "cpu" else 32
        self._scenes = SceneCache(library, device)
        self._surroundings = EnvironmentCache()
        self._backdrops = Backdrops(library)
        self._occlusion = Occlusion(device)
        self._sensor = Sensor(device)
        self._scratch = Scratch(device)
        self._mixed_room = 65536
        self._lenses: dict[Any, RayTables] = {}
        self._stage: Stage | None = None
        self._projected: tuple[Any, Projection] | None = None
        self._environment: Any = None
        self._fog: Any = None
        self._occlusion_radius_m = 0.0
        self._labelled: list[int] = []

    def __enter__(self) -> Self:
        self._no_centers = wp.empty(0, dtype=wp.mat33, device=self.device)
        self._everything = wp.empty(0, dtype=wp.int32, device=self.device)
        self._no_normals = wp.empty(0, dtype=wp.vec3, device=self.device)
        self._no_rays = wp.empty((0, 0, 0, 0), dtype=visibility.Columns, device=self.device)
        self._samples = wp.array(_SAMPLES, dtype=wp.vec2d, device=self.device)
        self._no_layers = Layers()
        self._backdrop = self._no_backdrop = wp.empty(0, dtype=wp.vec3, device=self.device)
        self._powers = self._steady = wp.empty(0, dtype=wp.float32, device=self.device)
        self._everything_open = wp.empty(0, dtype=wp.float32, device=self.device)
        self._dfg = wp.array(dfg_table(), dtype=wp.vec2, device=self.device)
        self._noise, self._no_noise = weather_noise(self.device), wp.empty(0, dtype=wp.float32, device=self.device)
        self._ltc = wp.array(lobe_table(), dtype=wp.vec4, device=self.device)
        self._together = Together(self._scratch, self._scenes, self._surroundings, self._occlusion, self._sensor, self._dfg, self._ltc)
        return self

    def __exit__(self, *exc: object) -> None:
        self._scratch.clear()
        self._lenses.clear()
        self._scenes.clear()
        self._stage = self._projected = None

    def load(self, spec: SceneSpec) -> None:
        """Put the scene on the device and render its shadow maps; both serve every camera."""
        self._stage = Stage(spec, self._scenes, self._scratch, self._strips)
        self._projected = None
        self._environment = environment_arrays(spec.environment, self.device, self._surroundings)
        self._fog = fog_of(spec.environment, spec.lights)
        self._occlusion_radius_m = spec.environment.occlusion_radius_m
        self._labelled = [i for i, body in enumerate(spec.bodies) if body.category is not None]

    def render(self, camera: CameraSpec, channels: Collection[str]) -> Frame:
        """Photograph the loaded scene; see the `Renderer` protocol.

        Raises InvalidValue for what is no channel, and RuntimeError when no scene is loaded.
        """
        check_channels(channels)
        if self._stage is None:
            raise RuntimeError("no scene is loaded; in a with block, load one first: with Raster(library) as renderer: renderer.load(spec) ...")
        stage, wanted, lit = self._stage, set(channels) - _FROM_LIGHT - {"points"}, not _FROM_LIGHT.isdisjoint(channels)
        moves = stage.moves or not camera.motion.is_still
        blurred = blurred_shots(camera, moves) if lit else []
        if lit:
            self._prepare(stage, camera)
        falls = lit and stage.spec.environment.falling is not None
        labels, radiance = self._photograph(stage, camera, sharp_shots(camera, moves), wanted | {"depth"} if falls else wanted, lit and not blurred)
        # The next shots have depths of their own.
        depth = wp.clone(labels["depth"]) if falls and blurred else labels.get("depth")
        out = self._labels_out(camera, wanted, labels)
        if "amodal" in wanted:
            out["silhouettes"] = self._silhouettes(stage, camera, moves)
        if blurred:
            radiance = self._scratch.array("mean-radiance", wp.vec3, camera.width * camera.height)
            radiance.zero_()
            for shots in blurred:
                _, seen = self._photograph(stage, camera, shots, set(), True)
                self._launch(accumulate, len(radiance), seen, 1 / len(blurred), radiance)
        if falls:
            let_fall(stage.spec.environment, stage.spec.lights, camera, depth, radiance)
        if radiance is not None and "radiance" in channels:
            out["radiance"] = np.array(radiance.numpy()).reshape(camera.height, camera.width, 3)
        if "rgb" in channels:
            out["rgb"] = self._sensor.develop(radiance, camera)
        if "points" in channels:
            out["points"] = scanned(camera, stage.spec, stage.scene(0.0), stage.unseen_by(camera), self.device)
        return Frame(camera=camera, **out)

    def render_batch(self, worlds: Sequence[SceneSpec], channels: Collection[str]) -> Batch:
        """Photograph each world by its own cameras, to the same bits as `load` and `render` would. No scene is loaded afterwards.

        All worlds must have the same number of cameras, and all cameras one resolution. Worlds that have the same bodies (shapes and materials),
        wherever these are, are done together, which is what makes a batch fast: see `docs/rendering.md`. All channels but
        ``amodal`` and ``points`` can be had. Raises InvalidValue.
        """

        def alone(world: SceneSpec, camera: CameraSpec) -> Frame:
            if self._stage is None or self._stage.spec is not world:
                self.load(world)
            return self.render(camera, channels)

        batch = photograph(worlds, channels, self._together, self._scenes, alone)
        self._stage = self._projected = None
        return batch

    def _photograph(self, stage: Stage, camera: CameraSpec, shots: list[Shot], wanted: set[str], lit: bool) -> tuple[dict[str, Array], Array | None]:
        """One picture: the labels, by channel, that the `wanted` ones need, and if `lit` the radiance. Both last until the next picture."""
        # Ambient occlusion is found in the labels, and looks farther than a shot of a few rows.
        occluded = lit and self._occlusion_radius_m > 0
        # What light passes does not keep it off; labels show it.
        apart = occluded and stage.see_through
        mirrors = lit and len(shots) == 1 and camera.distortion is None and stage.scene(shots[0].seconds).bodies.mirrors
        wanted = wanted | {"depth"} if mirrors else wanted
        labels = self._label_arrays(camera, wanted | {"depth", "normal"} if occluded and not apart else wanted)
        first = occluded and (apart or len(shots) > 1)
        openness = self._everything_open
        if first:
            around, who = (self._label_arrays(camera, {"depth", "normal"}, "light "), LIGHT) if apart else (labels, LABELS)
            for shot in shots:
                self._look(stage, camera, shot, around, None, False, who)
            openness = self._openness(shots[0].camera, around)
        while True:
            fragments: Any = self._fragments(camera, stage) if lit else None
            radiance = self._scratch.array("radiance", wp.vec3, len(fragments.triangle)) if lit else None
            for shot in shots:
                before = self._mixed(fragments)
                projection = self._look(stage, camera, shot, {} if first and not apart else labels, fragments, "amodal" in wanted)
                if lit and self._mixed(fragments) <= self._mixed_room:
                    if occluded and not first:
                        openness = self._openness(shot.camera, labels)
                    self._shade(stage, camera, shot, projection, fragments, before, openness, radiance)
            if self._mixed(fragments) <= self._mixed_room:
                break
            # More pixels see several surfaces than there was room for: make room, and look again.
            self._mixed_room = self._mixed(fragments) * 5 // 4
        if radiance is not None:
            pixels = camera.width * camera.height
            self._launch(blend, pixels, fragments, pixels, radiance)
            radiance = radiance[:pixels]
            if mirrors:
                self._reflect(stage, camera, shots[0], fragments, labels["depth"], radiance)
        return labels, radiance

    def _label_arrays(self, camera: CameraSpec, wanted: set[str], whose: str = "") -> dict[str, Array]:
        """Room for what the `wanted` channels need, and `whose` it is; none if they need none."""
        if wanted <= {"amodal"}:
            return {}
        dtypes = {"instance": wp.int32, "depth": wp.float32}
        if "normal" in wanted:
            dtypes["normal"] = wp.vec3
        for name in wanted & _OF_TRIANGLES.keys():
            dtypes |= {"triangle": wp.int32, name: _OF_TRIANGLES[name]}
        return {name: self._scratch.array(whose + name, dtype, camera.width * camera.height) for name, dtype in dtypes.items()}

    def _labels_out(self, camera: CameraSpec, wanted: set[str], labels: dict[str, Array]) -> dict[str, Any]:
        """Frame's fields of the `wanted` channels that are arrays of labels."""
        shape = (camera.height, camera.width)
        out: dict[str, Any] = {}
        for name in wanted & labels.keys():
            if name in FLOWS:
                out[name] = flow(camera, labels[name].numpy(), labels["triangle"].numpy() != visibility.EMPTY).reshape(*shape, 2)
            else:
                out["depth_m" if name == "depth" else name] = self._scratch.taken(name).reshape(
                    (*shape, 3) if labels[name].dtype == wp.vec3 else shape
                )
        return out

    def _silhouettes(self, stage: Stage, camera: CameraSpec, moves: bool) -> dict[int, Silhouette]:
        """The outline of each labelled body as if nothing stood before it: every row at its own moment, in the picture and beyond."""
        parts: dict[int, list[Silhouette]] = {body: [] for body in self._labelled}
        shots = sharp_shots(camera, moves, -BEYOND * camera.height, (1 + BEYOND) * camera.height)
        for shot in shots:
            bodies = self._labelled if len(shots) == 1 else stage.within_rows(shot, self._labelled)
            if bodies:
                projection = self._project(stage, camera, shot, True)
                for body, piece in silhouettes(shot, stage.scene(shot.seconds), projection, bodies, self._scratch, self._strips):
                    parts[body].append(piece)
        return {body: joined(pieces, camera.width, camera.height) for body, pieces in parts.items()}

    def _openness(self, camera: CameraSpec, labels: dict[str, Array]) -> Array:
        """What is open of each pixel's surroundings."""
        lens = self._lens(camera)
        return self._occlusion.visible(labels["depth"], labels["normal"], camera, self._occlusion_radius_m, lens and lens.centers)

    def _lens(self, camera: CameraSpec) -> RayTables | None:
        """The rays of a camera that is no pinhole. The latest ones are kept: most data sets have few cameras."""
        if camera.distortion is None:
            return None
        key = (camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy, camera.distortion)
        kept = self._lenses.pop(key, None)
        if len(self._lenses) >= _KEPT_LENSES:
            del self._lenses[next(iter(self._lenses))]
        self._lenses[key] = kept or RayTables(camera, _SAMPLES, self.device)
        return self._lenses[key]

    def _launch(self, kernel: Any, dim: Any, *inputs: Any) -> None:
        self._scratch.launch(kernel, dim, *inputs)

    def _fragments(self, camera: CameraSpec, stage: Stage) -> Any:
        pixels = camera.width * camera.height
        out = Fragments()
        out.triangle = self._scratch.array("fragment-triangle", wp.int32, pixels + self._mixed_room)
        out.place = self._scratch.array("fragment-place", wp.vec2, self._mixed_room)
        out.share = self._scratch.array("fragment-share", wp.float32, self._mixed_room)
        out.passed = self._scratch.array("fragment-passed", wp.vec3, self._mixed_room if stage.see_through else 0)
        out.run = self._scratch.array("fragment-run", wp.vec2i, pixels)
        out.count = wp.zeros(1, dtype=wp.int32, device=self.device)
        return out

    @staticmethod
    def _mixed(fragments: Any) -> int:
        """How many fragments the mixed pixels have."""
        return 0 if fragments is None else int(fragments.count.numpy()[0])

    def _project(self, stage: Stage, camera: CameraSpec, shot: Shot, beyond: bool) -> Projection:
        """The scene as a shot sees it. The latest one is kept, until there is another."""
        key = (shot.camera, shot.seconds, shot.shear, beyond or camera.distortion is None)
        if self._projected is None or self._projected[0] != key:
            scene, unseen = stage.scene(shot.seconds), stage.unseen_by(camera)
            projection = project(shot.camera, scene, self._scratch, self._lens(camera), beyond, shot.shear, unseen, self._labelled)
            self._projected = (key, projection)
        return self._projected[1]

    def _look(
        self, stage: Stage, camera: CameraSpec, shot: Shot, labels: dict[str, Array], fragments: Any, beyond: bool, who: int = LABELS
    ) -> Projection:
        """Find what each pixel of a shot sees: the labels at its centre, as `who` sees them, the fragments of its colour samples. Either may be
        absent.

        Some rows at a time, so that their winners stay in the processor's cache; a GPU takes all rows at once.
        """
        projection = self._project(stage, camera, shot, beyond)
        if not labels and fragments is None:
            return projection
        scene, lens, w = stage.scene(shot.seconds), projection.lens, camera.width
        first, end = _samples(bool(labels), fragments is not None, shot.place)
        offsets, samples, groups = self._samples[first:end], end - first, -(-w // visibility.GROUP)
        colors = min(samples, len(COLOR_SAMPLES)) if fragments is not None else 0
        rows = min(shot.bottom - shot.top, most_rows(scene, w, colors))
        if self.device == "cpu":
            rows = min(max(_BAND_BYTES // (8 * samples * w), 1), rows)
        order, count = (self._everything, scene.count) if projection.order is None else (projection.order, len(projection.order))
        winners = self._scratch.array("winners", visibility.Winners, samples * rows * groups)
        rays = self._no_rays if lens is None else lens.samples[first:end]
        focal, center = wp.vec2d(1.0, 1.0), wp.vec2d()
        if lens is None:
            focal, center = wp.vec2d(camera.fx, camera.fy), wp.vec2d(shot.camera.cx, shot.camera.cy)
        rotation = wp.mat33(invert(shot.camera.world_from_camera.matrix)[:3, :3])
        seen = (projection.functions, scene.triangles)
        partial, layers = None, self._no_layers
        if len(scene.partial):
            sight = {"offsets": offsets, "rays": rays, "width": w, "rows": rows, "colors": colors, "who": who}
            eye = shot.camera.world_from_camera.position_m
            partial = Partial(scene, projection, self._scratch, **sight, strips=self._strips, eye=eye)
            layers = partial.layers
        for top in range(shot.top, shot.bottom, rows):
            bottom = min(top + rows, shot.bottom)
            plane = (bottom - top) * groups
            winners.zero_()
            triangles, band = (projection.functions, projection.bounds, scene.presence), (top, bottom, *projection.reach, self._strips, winners)
            if lens is None:
                self._launch(visibility.rasterize, (count, self._strips), order, *triangles, offsets, w, *band)
            else:
                self._launch(lens_visibility.rasterize_rays, (scene.count, self._strips), *triangles, projection.extents, lens.tiles, rays, *band)
            if partial is not None:
                partial.rasterize(top, bottom, winners)
            if fragments is not None:
                shown = (winners, layers, plane, offsets, rays, colors)
                self._launch(gather, (bottom - top, groups), *shown, top, w, *seen, w * camera.height, fragments)
            if labels:
                last = plane * (samples - 1)
                outputs = (labels["instance"], labels["depth"], labels.get("normal", self._no_normals))
                geometry = (scene.triangle_body, rotation, focal, center, rays, samples - 1)
                self._launch(visibility.resolve_geometry, (bottom - top, groups), winners, *seen, *geometry, last, top, w, *outputs)
                if "triangle" in labels:
                    self._launch(find_triangles, (bottom - top, groups), winners, last, top, w, labels["triangle"])
        if "triangle" in labels:
            sight = Sight()
            sight.triangle, sight.triangle_body, sight.functions = labels["triangle"], scene.triangle_body, projection.functions
            sight.rays, sight.sample, sight.focal, sight.center = rays, samples - 1, focal, center
            sight.width, sight.first = w, shot.top * w
            resolve(labels, sight, (shot.bottom - shot.top) * w, stage, camera, shot.seconds)
            self._resolve_surface(stage, camera, shot, projection, labels)
        return projection

    def _resolve_surface(self, stage: Stage, camera: CameraSpec, shot: Shot, projection: Projection, labels: dict[str, Array]) -> None:
        """The labels that are made of materials and light."""
        if labels.keys().isdisjoint(SURFACE_DTYPES):
            return
        seen = Fragments()
        seen.triangle = labels["triangle"]
        lighting = self._lighting(stage, camera, shot, self._everything_open) if "shadow" in labels else Lighting()
        outputs = [labels.get(name, wp.empty(0, dtype=dtype, device=self.device)) for name, dtype in SURFACE_DTYPES.items()]
        first, end = shot.top * camera.width, shot.bottom * camera.width
        inputs = (_view(shot, self._centers(projection)), self._looks(stage.scene(shot.seconds), projection), lighting)
        self._launch(resolve_surface, -(-(end - first) // COUNT), seen, first, end, *inputs, *outputs)

    def _shade(
        self,
        stage: Stage,
        camera: CameraSpec,
        shot: Shot,
        projection: Projection,
        fragments: Any,
        before: int,
        openness: Array,
        radiance: Array,
    ) -> None:
        """The radiance of a shot's fragments: those of its pixels, and those of mixed ones but for those there were `before`."""
        pixels, mixed = camera.width * camera.height, min(self._mixed(fragments), self._mixed_room)
        view, looks = _view(shot, self._centers(projection)), self._looks(stage.scene(shot.seconds), projection)
        lighting = self._lighting(stage, camera, shot, openness)
        kernel = shade_weather if stage.scene(shot.seconds).bodies.weathered else shade
        ranges = [(shot.top * camera.width, shot.bottom * camera.width), (pixels + before, pixels + mixed)]
        if ranges[0] == (0, pixels):
            ranges = [(0, pixels + mixed)]
        for first, end in ranges:
            self._launch(kernel, -(-(end - first) // COUNT), fragments, pixels, first, end, view, looks, lighting, radiance)

    def _reflect(self, stage: Stage, camera: CameraSpec, shot: Shot, fragments: Any, depth: Array, radiance: Array) -> None:
        """Have wet ground mirror what the picture shows."""
        projection = self._project(stage, camera, shot, False)
        view, looks = _view(shot, self._no_centers), self._looks(stage.scene(shot.seconds), projection)
        mirror: Any = Mirror()
        mirror.depth, mirror.radiance = depth, radiance
        mirror.camera_from_world = wp.mat33(invert(shot.camera.world_from_camera.matrix)[:3, :3])
        mirror.focal, mirror.near = wp.vec2(camera.fx, camera.fy), camera.near_m
        lighting = self._lighting(stage, camera, shot, self._everything_open)
        pixels = len(radiance)
        more, shares = (self._scratch.array(name, wp.vec3, pixels) for name in ("mirrored", "mirrored shares"))
        kinds = self._scratch.array("mirrors", wp.uint8, pixels)
        kinds.zero_()
        self._launch(find_reflections, (-(-pixels // COUNT), 1), fragments, pixels, view, looks, lighting, mirror, more, shares, kinds)
        self._launch(add_reflections, (camera.height, camera.width), fragments, camera.width, camera.height, depth, more, shares, kinds, radiance)

    def _prepare(self, stage: Stage, camera: CameraSpec) -> None:
        """Put on the device what the camera sees of its backdrop, and of lights that flicker; mostly neither."""
        seen, powers = self._backdrops.seen_by(camera), row_powers(stage.spec.lights, camera)
        self._backdrop = self._no_backdrop if seen is None else wp.array(seen.reshape(-1, 3), dtype=wp.vec3, device=self.device, copy=False)
        self._powers = self._steady if powers is None else wp.array(powers.ravel(), dtype=wp.float32, device=self.device)

    def _centers(self, projection: Projection) -> Array:
        return self._no_centers if projection.lens is None else projection.lens.centers

    def _looks(self, scene: SceneArrays, projection: Projection) -> Any:
        looks = Looks()
        looks.planes, looks.triangles, looks.surfaces, looks.texels = projection.planes, scene.triangles, scene.surfaces, scene.texels
        looks.dfg, looks.weather = self._dfg, self._noise if scene.bodies.weathered else self._no_noise
        return looks

    def _lighting(self, stage: Stage, camera: CameraSpec, shot: Shot, openness: Array) -> Any:
        scene_lights = stage.lights(shot.seconds)
        lights = scene_lights.seen_by(camera)
        lighting = Lighting()
        lighting.reaches = wp.array(reaches(scene_lights.lights, camera), dtype=wp.float32, device=self.device)
        lighting.lights, lighting.shadows, lighting.environment = lights.lights, lights.shadows, self._environment
        lighting.fog = self._fog
        lighting.openness, lighting.backdrop, lighting.powers, lighting.ltc = openness, self._backdrop, self._powers, self._ltc
        return lighting


def _samples(labels: bool, colors: bool, place: tuple[float, float] | None) -> tuple[int, int]:
    """Which of the samples are looked at, from the first to before the last. The one of labels stands behind those of colours."""
    count = len(COLOR_SAMPLES)
    if place is None:
        return 0 if colors else count, count + 1 if labels else count
    one = _SAMPLES.index(place)
    return one, one + 1


def _view(shot: Shot, rays: Array) -> Any:
    camera = shot.camera
    m = compose(camera.world_from_camera.matrix, sheared(shot.shear))
    view = View()
    view.rays = rays
    view.width, view.height = camera.width, camera.height
    view.per_focal, view.center = wp.vec2(1 / camera.fx, 1 / camera.fy), wp.vec2(camera.cx, camera.cy)
    view.position, view.world_from_camera = wp.vec3(m[:3, 3]), wp.mat33(m[:3, :3])
    return view
