"""generate(plan, seed, index) -> Sample: the whole pipeline, from a number to labelled pictures.

A sample is a pure function of plan, seed and index. Nothing here depends on what was generated before, in which
order, by which process, or on the clock (timings are carried along for people, and never written).
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from functools import cache
from importlib.metadata import version
from typing import Any, Self

from diorama import __version__
from diorama.plan import Plan
from diorama.randomizers.base import Context, Randomizer
from diorama.sim.annotate import annotate
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import RejectedScene, TooManyRejections
from diorama.sim.frame import Annotations, Frame, Provenance, Sample
from diorama.sim.physics.bullet import Bullet
from diorama.sim.render import RENDERERS, open_renderer
from diorama.sim.seeds import Seed
from diorama.sim.spec import CameraSpec, SceneSpec

CHANNELS = ("rgb", "depth", "instance", "amodal")


class Studio:
    """The engines that a plan needs, open for as long as the ``with`` block lasts. Holds no state of any sample."""

    def __init__(self, plan: Plan) -> None:
        self.library = AssetLibrary(plan.assets)
        self.context = Context(library=self.library)
        self.physics = Bullet(self.library)
        settings = {} if isinstance(plan.renderer, str) else asdict(plan.renderer)
        self.renderer = open_renderer(plan.renderer_name, self.library, **settings)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.physics)
            stack.enter_context(self.renderer)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()


def generate(plan: Plan, seed: int, index: int, *, studio: Studio | None = None, views: int | None = None) -> Sample:
    """Stage scene number `index`, let it settle, photograph it `plan.views` times and label every picture.

    `views` takes only that many of the views, unchanged. `studio` reuses open engines; without it they are opened for
    this one call. Raises TooManyRejections when no attempt is fit.
    """
    if studio is None:
        with Studio(plan) as studio:
            return generate(plan, seed, index, studio=studio, views=views)
    root = Seed(seed).child("sample", index)
    clock, rejections, draws = Clock(), Counter[str](), {}

    for attempt in range(plan.max_attempts):
        try:
            with clock("randomize"):
                here = root.child("attempt", attempt)
                spec = plan.scenario.build(here.child("scenario"), studio.context)
                spec, draws = _randomize(plan, "scene", here, spec, studio.context)
            with clock("settle"):
                spec = studio.physics.settle(spec)
            break
        except RejectedScene as rejected:
            rejections[rejected.reason] += 1
    else:
        raise TooManyRejections(_complaint(f"scene {index}", plan.max_attempts, rejections))

    with clock("render"):
        studio.renderer.load(spec)
    cameras: list[CameraSpec] = []
    frames: list[Frame] = []
    labels: list[Annotations] = []
    for view in range(plan.views if views is None else views):
        camera, frame, annotations, drawn = _photograph(plan, root.child("view", view), view, spec, studio, clock, rejections)
        cameras.append(camera)
        frames.append(frame)
        labels.append(annotations)
        draws |= drawn

    return Sample(
        index=index,
        spec=replace(spec, cameras=tuple(cameras)),
        frames=tuple(frames),
        annotations=tuple(labels),
        provenance=Provenance(
            seed=seed,
            index=index,
            attempts=attempt + 1,
            draws=draws,
            rejections=dict(sorted(rejections.items())),
            versions=versions(plan.renderer_name),
            timings_s=clock.seconds,
        ),
    )


def _photograph(
    plan: Plan, seed: Seed, view: int, spec: SceneSpec, studio: Studio, clock: "Clock", rejections: Counter[str]
) -> tuple[CameraSpec, Frame, Annotations, dict[str, Any]]:
    """One view: draw a camera until enough objects are seen."""
    width, height = plan.resolution
    name = f"view-{view}"
    refused = Counter[str]()
    for attempt in range(plan.max_attempts):
        with clock("randomize"):
            camera = CameraSpec(name=name, width=width, height=height, cx=width / 2, cy=height / 2)
            staged, draws = _randomize(plan, "view", seed.child("attempt", attempt), replace(spec, cameras=(camera,)), studio.context)
            camera = staged.cameras[0]
        with clock("render"):
            frame = studio.renderer.render(camera, CHANNELS)
        with clock("annotate"):
            annotations = annotate(spec, frame, studio.library)
        if len(annotations) >= plan.min_visible_objects:
            return camera, frame, annotations, {f"{name}/{key}": value for key, value in draws.items()}
        refused["sees-nothing"] += 1
        rejections["sees-nothing"] += 1
    raise TooManyRejections(_complaint(name, plan.max_attempts, refused))


def _randomize(plan: Plan, stage: str, seed: Seed, spec: SceneSpec, context: Context) -> tuple[SceneSpec, dict[str, Any]]:
    """Run the plan's randomizers of one stage in order; each has a stream of its own name."""
    draws: dict[str, Any] = {}
    for randomizer in _of_stage(plan, stage):
        draws[randomizer.name] = randomizer.sample(seed.child("randomizer", randomizer.name), spec, context)
        spec = randomizer.apply(spec, draws[randomizer.name])
    return spec, draws


def _of_stage(plan: Plan, stage: str) -> Iterator[Randomizer]:
    return (r for r in plan.randomizers if r.stage == stage)


def _complaint(what: str, attempts: int, rejections: Counter[str]) -> str:
    reasons = ", ".join(f"{reason} {count} times" for reason, count in rejections.most_common())
    return f"{what}: none of {attempts} attempts was fit ({reasons}). Ask for fewer or smaller objects, or raise max_attempts."


#: What decides the pixels of a renderer besides the packages of all.
_ENGINES = {"pathtrace": ("mitsuba", "drjit")}


@cache
def versions(renderer: str = "raster") -> dict[str, str]:
    """The versions that decide the pixels. Raises MissingExtra when the renderer's engine is not installed."""
    if renderer in _ENGINES:
        RENDERERS[renderer]
    packages = ("numpy", "pybullet", "warp-lang", "opencv-python-headless", *_ENGINES.get(renderer, ()))
    return {"diorama": __version__} | {name: version(name) for name in packages}


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
