"""A few pictures made by a plan, measured as real ones are."""

from collections.abc import Callable

from diorama.measure.coco import Box, Labelled
from diorama.measure.statistics import Seen, Statistics
from diorama.plan import Plan
from diorama.sim.frame import Annotations
from diorama.sim.photo.look import look_of
from diorama.sim.spec import SceneSpec
from diorama.studio import Studio, generate


def tried(plan: Plan, count: int, *, first: int = 0, advance: Callable[[], None] = lambda: None) -> Statistics:
    """What `count` pictures of a plan show, one of each scene from number `first` on. `advance` is called after each."""
    pictures = []
    with Studio(plan) as studio:
        for index in range(first, first + count):
            sample = generate(plan, 0, index, studio=studio, pictures=1)
            (frame,) = sample.frames
            width, height = plan.resolution
            labels = Labelled(f"{index:06d}", width, height, _boxes(sample.annotations[0], sample.spec))
            assert frame.rgb is not None
            pictures.append(Seen(labels, look_of(frame.rgb)))
            advance()
    return Statistics(tuple(pictures))


def _boxes(annotations: Annotations, spec: SceneSpec) -> tuple[Box, ...]:
    boxes = []
    for row, index in enumerate(annotations.body_index.tolist()):
        left, top, right, bottom = annotations.box_xyxy[row].tolist()
        boxes.append(Box(spec.bodies[index].category or "", (left, top, right - left, bottom - top)))
    return tuple(boxes)
