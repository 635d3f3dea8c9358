"""generate(plan, seed, index) -> Sample: the whole pipeline, from a number to labelled pictures.

A sample is a pure function of plan, seed and index. Nothing here depends on what was generated before, in which
order, by which process, or on the clock (timings are carried along for people, and never written).
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Self, TypeVar

from diorama import __version__
from diorama.cast import Cast
from diorama.plan import Plan
from diorama.randomizers.base import Context
from diorama.refine.base import picture_seed
from diorama.sim.annotate import annotate
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import MissingExtra, RejectedScene, TooManyRejections
from diorama.sim.frame import Annotations, Frame, Grasps, Provenance, Sample
from diorama.sim.grasping.labels import label_grasps
from diorama.sim.physics.bullet import Bullet
from diorama.sim.render import RENDERERS, open_renderer
from diorama.sim.render.composite import Compositor
from diorama.sim.seeds import Seed
from diorama.sim.spec import CameraSpec, LidarSpec, SceneSpec, SensorSpec

if TYPE_CHECKING:  # needs the extra
    from diorama.refine.live import LiveRefiner

T = TypeVar("T", SensorSpec, LidarSpec)

#: What labels and pictures need.
CHANNELS = ("rgb", "depth", "instance", "amodal")


class Studio:
    """The engines that a plan needs, open for as long as the ``with`` block lasts. Holds no state of any sample.

    `refused` are the assets that are known to be of no use (see AssetLibrary); a `library` of the plan's assets may be shared by several studios.
    Raises MissingExtra when the plan names a refiner and torch is not installed, and InvalidValue when it cannot be used.
    """

    def __init__(self, plan: Plan, *, refused: Mapping[str, str] | None = None, library: AssetLibrary | None = None) -> None:
        self.library = library or AssetLibrary(plan.assets, refused=refused)
        self.context = Context(library=self.library)
        self.physics = Bullet(self.library)
        settings = {} if isinstance(plan.renderer, str) else asdict(plan.renderer)
        self.renderer = Compositor(open_renderer(plan.renderer_name, self.library, **settings), self.library)
        asked = (*CHANNELS, *plan.channels, *(c for e in plan.exporters for c in getattr(e, "channels", ())))
        self.channels = tuple(dict.fromkeys(asked))
        self.refiner = None if plan.refiner is None else _refiner(plan.refiner, categories(plan, self.library))

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.physics)
            stack.enter_context(self.renderer)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()


def generate(plan: Plan, seed: int, index: int, *, studio: Studio | None = None, pictures: int | None = None) -> Sample:
    """Stage scene number `index`, let it settle, photograph it `plan.pictures` times and label every picture.

    `pictures` takes only the first so many, unchanged. `studio` reuses open engines; without it they are opened for
    this one call. Raises TooManyRejections when no attempt is fit.
    """
    if studio is None:
        with Studio(plan) as studio:
            return generate(plan, seed, index, studio=studio, pictures=pictures)
    root, clock = Seed(seed).child("sample", index), Clock()
    staged = stage(plan, root, index, studio, clock=clock)
    cast, rejections = staged.cast, staged.rejections

    count = plan.pictures if pictures is None else pictures
    scene, shots, views, again = Watched(staged.spec, studio, clock), [], [], 0
    for view in range(min(plan.views, count)):
        refused = Counter[str]()
        # The views of a round are drawn for by the same attempt, which the first of them decides on.
        first = view - view % plan.together
        attempts = range(plan.max_attempts) if view == first else range(again, again + 1)
        for again in attempts:
            here, common = (root.child("view", number, "attempt", again) for number in (view, first))
            drawn = cast.at(here, view, common, anew=again > 0)
            shot = _photographed(drawn, scene, 0, view)
            if view > first or _shows_enough(plan, shot.annotations):
                shots.append(shot)
                views.append(drawn.again())
                break
            refused["sees-nothing"] += 1
        else:
            raise TooManyRejections(_complaint(f"view-{view}", plan.max_attempts, refused))
        rejections += refused
    for frame, view in _numbered(plan, range(plan.views, count)):
        shots.append(_photographed(views[view], scene, frame, view))
    shots = _refined(plan, seed, index, staged.spec, shots, studio, clock)
    grasps = _grasps(plan, staged.spec, studio, root, clock)
    return _sample(plan, seed, index, staged.attempts, staged.spec, shots, cast, rejections, clock, grasps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A scene, varied and at rest, and how it came about: which attempt was fit, its `cast`, and what was wrong with those before."""

    spec: SceneSpec
    cast: Cast
    attempts: int
    rejections: Counter[str]


def stage(
    plan: Plan, seed: Seed, index: int, studio: Studio, *, clock: "Clock | None" = None, accept: Callable[[SceneSpec], object] = lambda _: None
) -> Staged:
    """Stage the scene of this stream, and let it settle, until one is fit: `accept` may raise RejectedScene as physics does.

    Raises TooManyRejections when none of `plan.max_attempts` is.
    """
    clock, rejections, last = clock or Clock(), Counter[str](), ""
    for attempt in range(plan.max_attempts):
        try:
            cast = Cast(plan, seed.child("attempt", attempt), index, studio.context)
            spec = _staged(cast, studio, clock)
            accept(spec)
            return Staged(spec=spec, cast=cast, attempts=attempt + 1, rejections=rejections)
        except RejectedScene as rejected:
            rejections[rejected.reason] += 1
            last = f" The last: {rejected.detail}." if rejected.detail else ""
    raise TooManyRejections(_complaint(f"scene {index}", plan.max_attempts, rejections, last))


def replay(
    plan: Plan, seed: int, index: int, *, attempts: int, draws: Mapping[str, Any], studio: Studio | None = None, pictures: int | None = None
) -> Sample:
    """Make a sample again from its record: nothing is drawn, every randomizer applies what it drew then.

    `attempts` and `draws` are those of the sample's provenance. With the plan that made it the sample is the same to the last
    bit; and with one number changed in the draws it differs by what follows from that. `pictures` takes only that many. Raises
    InvalidValue when the record does not hold what the plan asks for, and RejectedScene when physics refuses what was changed.
    """
    if studio is None:
        with Studio(plan) as studio:
            return replay(plan, seed, index, attempts=attempts, draws=draws, studio=studio, pictures=pictures)
    clock = Clock()
    root = Seed(seed).child("sample", index)
    cast = Cast(plan, root.child("attempt", attempts - 1), index, studio.context, recorded=draws)
    spec = _staged(cast, studio, clock)
    scene = Watched(spec, studio, clock)
    numbers = range(plan.pictures if pictures is None else pictures)
    shots = [_photographed(cast.at(cast.seed, view), scene, frame, view) for frame, view in _numbered(plan, numbers)]
    shots = _refined(plan, seed, index, spec, shots, studio, clock)
    return _sample(plan, seed, index, attempts, spec, shots, cast, Counter(), clock, _grasps(plan, spec, studio, root, clock))


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, taken."""

    frame: Frame
    annotations: Annotations
    draws: dict[str, Any]


class Watched:
    """A scene at rest, or on its way: what it is moment by moment, loaded to be photographed."""

    def __init__(self, spec: SceneSpec, studio: Studio, clock: "Clock") -> None:
        self.spec, self.studio, self.clock = spec, studio, clock
        self._loaded: SceneSpec | None = None

    def at(self, time_s: float, step_s: float) -> SceneSpec:
        """The scene at a moment, with motions as they are until a step later. It is the renderer's from now on."""
        now = self.spec.at(time_s, over_s=step_s)
        if now != self._loaded:  # with several cameras at once it is the same
            self.studio.renderer.load(now)
            self._loaded = now
        return now


def _staged(cast: Cast, studio: Studio, clock: "Clock") -> SceneSpec:
    """The scene, varied and at rest."""
    with clock("randomize"):
        spec = cast.randomize(cast.build(), "scene")
    with clock("settle"):
        spec = studio.physics.play(spec) if spec.physics.watch_s > 0 else studio.physics.settle(spec)
    with clock("randomize"):
        return cast.randomize(spec, "settled")


def _numbered(plan: Plan, pictures: range) -> Iterator[tuple[int, int]]:
    """The frame and the view of each of a scene's pictures."""
    return (divmod(number, plan.views) for number in pictures)


def _photographed(cast: Cast, scene: Watched, frame: int, view: int) -> Shot:
    plan, studio, clock = cast.plan, scene.studio, scene.clock
    with clock("render"):
        spec = scene.at(plan.time_s(frame, view), plan.step_s)
    with clock("randomize"):
        camera = at_moment(aimed(cast, spec, frame, view), frame)
    with clock("render"):
        taken = studio.renderer.render(camera, studio.channels)
    with clock("annotate"):
        annotations = annotate(spec, taken, studio.library)
    return Shot(taken, annotations, cast.draws)


def aimed(cast: Cast, spec: SceneSpec, frame: int = 0, view: int = 0) -> CameraSpec:
    """The camera of a view, as the plan's randomizers set it up before the scene."""
    plan, name = cast.plan, f"view-{view}"
    width, height = plan.resolution
    camera = spec.cameras[0].resized(width, height) if spec.cameras else CameraSpec(width=width, height=height, cx=width / 2, cy=height / 2)
    camera = replace(camera, name=name, time_s=plan.time_s(frame, view))
    if plan.frames > 1:
        camera = replace(camera, name=f"frame-{frame}/{name}", flow_s=plan.step_s)
    return cast.randomize(replace(spec, cameras=(camera,)), "view", prefix=f"{name}/").cameras[0]


def at_moment(camera: CameraSpec, frame: int) -> CameraSpec:
    """The camera for one picture of several: its noise is drawn once, and is another in each."""
    return camera if frame == 0 else replace(camera, sensor=_anew(camera.sensor, frame), lidar=camera.lidar and _anew(camera.lidar, frame))


def _anew(sensor: T, frame: int) -> T:
    """What has a noise_seed, with another one for each frame."""
    return replace(sensor, noise_seed=Seed(sensor.noise_seed).child("frame", frame).integer(32))


def _shows_enough(plan: Plan, annotations: Annotations) -> bool:
    return int((annotations.visible_fraction >= plan.min_visible_fraction).sum()) >= plan.min_visible_objects


def _refined(plan: Plan, seed: int, index: int, spec: SceneSpec, shots: list[Shot], studio: Studio, clock: "Clock") -> list[Shot]:
    """The same with their pictures refined, if the plan asks for it. Nothing but `rgb` changes, and labels never come from that."""
    if studio.refiner is None:
        return shots
    with clock("refine"):
        first = index * plan.pictures
        return [
            replace(shot, frame=studio.refiner(shot.frame, shot.annotations, spec, picture_seed(seed, first + picture)))
            for picture, shot in enumerate(shots)
        ]


def _refiner(path: str, names: tuple[tuple[str, str], ...]) -> "LiveRefiner":
    from diorama.refine.live import LiveRefiner

    return LiveRefiner(path, {name: i for i, (name, _) in enumerate(names, start=1)})


def categories(plan: Plan, library: AssetLibrary) -> tuple[tuple[str, str], ...]:
    """What can be labelled, as (category, supercategory), sorted: the library's, and those that the scenario brings itself."""
    return tuple(sorted({*library.categories(), *getattr(plan.scenario, "categories", ())}))


def _grasps(plan: Plan, spec: SceneSpec, studio: Studio, root: Seed, clock: "Clock") -> tuple[Grasps, ...]:
    """Those of the scene's first moment, if the plan asks for any."""
    if plan.grasps is None:
        return ()
    with clock("grasps"):
        return (label_grasps(spec.at(0.0), studio.library, studio.physics, plan.grasps, root.child("grasps")),)


def _sample(
    plan: Plan,
    seed: int,
    index: int,
    attempts: int,
    spec: SceneSpec,
    shots: list[Shot],
    cast: Cast,
    rejections: Counter[str],
    clock: "Clock",
    grasps: tuple[Grasps, ...],
) -> Sample:
    draws = dict(cast.draws)
    for shot in shots:
        draws |= shot.draws
    return Sample(
        index=index,
        spec=replace(spec, cameras=tuple(shot.frame.camera for shot in shots)),
        frames=tuple(shot.frame for shot in shots),
        annotations=tuple(shot.annotations for shot in shots),
        views=plan.views,
        grasps=grasps,
        provenance=Provenance(
            seed=seed,
            index=index,
            attempts=attempts,
            draws=draws,
            rejections=dict(sorted(rejections.items())),
            versions=versions(plan.renderer_name, refines=plan.refiner is not None),
            timings_s=clock.seconds,
        ),
    )


def _complaint(what: str, attempts: int, rejections: Counter[str], last: str = "") -> str:
    reasons = ", ".join(f"{reason} {count} times" for reason, count in rejections.most_common())
    return f"{what}: none of {attempts} attempts was fit ({reasons}).{last} Ask for fewer or smaller objects, or raise max_attempts."


#: What decides the pixels of a renderer besides the packages of all.
_ENGINES = {"pathtrace": ("mitsuba", "drjit")}


@cache
def versions(renderer: str = "raster", *, refines: bool = False) -> dict[str, str]:
    """The versions that decide the pixels. Raises MissingExtra when the renderer's engine, or what refines, is not installed."""
    if renderer in _ENGINES:
        RENDERERS[renderer]
    packages = ("numpy", "pybullet", "warp-lang", "opencv-python-headless", *_ENGINES.get(renderer, ()))
    torch = {}
    if refines:
        try:
            torch = {"torch": version("torch")}
        except PackageNotFoundError:
            raise MissingExtra("a refiner", "torch", "refine") from None
    return {"diorama": __version__} | {name: version(name) for name in packages} | torch


class Clock:
    """Adds up wall time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start
