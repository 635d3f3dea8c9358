"""The contract checks pass for everything built in, and each of them catches the toy that breaks it."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
from built_in import built_in, built_in_scenario, taken_for

from diorama.exporters import EXPORTERS
from diorama.exporters.base import Encoded
from diorama.randomizers import RANDOMIZERS
from diorama.randomizers.distributions import Uniform
from diorama.scenes import SCENARIOS
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import RejectedScene
from diorama.sim.spec import CameraSpec, Pose, SceneSpec, SunLight
from diorama.testing import BrokenContract, check_exporter, check_randomizer, check_scenario, table_scene

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def library() -> AssetLibrary:
    return AssetLibrary()


# --- what is built in ---


@pytest.mark.parametrize("name", SCENARIOS.names())
def test_scenarios(name, library):
    check_scenario(built_in_scenario(name), library=library)


@pytest.mark.parametrize("name", RANDOMIZERS.names())
def test_randomizers(name, library):
    check_randomizer(built_in(name), spec=taken_for(name, table_scene()), library=library)


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_exporters(name):
    check_exporter(EXPORTERS[name]())


# --- toys that keep the contract, and what breaks it ---


@dataclass(frozen=True, kw_only=True)
class Nudge:
    """Move each object a little."""

    name: ClassVar[str] = "nudge"
    stage: ClassVar[str] = "scene"
    reach_m: Uniform = Uniform(-0.01, 0.01)

    def sample(self, seed, spec, context) -> dict[str, Any]:
        return {b.name: self.reach_m.sample(seed.child("body", b.name).rng()) for b in spec.bodies if b.category}

    def apply(self, spec, params) -> SceneSpec:
        moved = {n: {"world_from_body": Pose((x, 0.0, 0.1))} for n, x in params.items()}
        return spec.map_bodies(moved)


@dataclass(frozen=True, kw_only=True)
class Zoom:
    """Change the focal length."""

    name: ClassVar[str] = "zoom"
    stage: ClassVar[str] = "view"

    def sample(self, seed, spec, context) -> dict[str, Any]:
        return {"focal_px": Uniform(50, 70).sample(seed.rng())}

    def apply(self, spec, params) -> SceneSpec:
        return spec.replace(cameras=tuple(replace(c, fx=params["focal_px"], fy=params["focal_px"]) for c in spec.cameras))


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Three objects on a table."""

    name: ClassVar[str] = "shelf"

    def build(self, seed, context) -> SceneSpec:
        return table_scene().replace(lights=(SunLight(direction=(Uniform(-1, 1).sample(seed.rng()), 0.0, -1.0)),))

    def randomizers(self):
        return (Nudge(), Zoom())


@dataclass(frozen=True, kw_only=True)
class Lines:
    """A text file a picture, and a list of them."""

    name: ClassVar[str] = "lines"
    folder: str = "labels"

    def encode(self, sample, first_image, dataset) -> Encoded:
        numbers = [first_image + view for view in range(len(sample.frames))]
        files = {f"{self.folder}/{n:06d}.txt": str(len(a)).encode() for n, a in zip(numbers, sample.annotations, strict=True)}
        return Encoded(files=files, records=tuple({"file": path} for path in files))

    def finalize(self, records, dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        yield "index.txt", (record["file"].encode() + b"\n" for record in records())


def test_toys_that_keep_the_contract(library):
    check_randomizer(Nudge(), library=library)
    check_randomizer(Zoom(), library=library)
    check_scenario(Shelf(), library=library)
    check_exporter(Lines())


counter = itertools.count()


class Shouting(Nudge):
    name = "Nudge It"


@dataclass
class Thawed:
    name: ClassVar[str] = "thawed"
    stage: ClassVar[str] = "scene"


@dataclass(frozen=True, kw_only=True)
class Forgetful(Nudge):
    """Its setting is rounded on the way in, so it does not read back as it was."""

    weight: float = 0.5

    def __post_init__(self):
        object.__setattr__(self, "weight", self.weight * 2)


class Late(Nudge):
    stage = "afterwards"


class Moody(Nudge):
    def sample(self, seed, spec, context):
        return {"drawn": next(counter)}

    def apply(self, spec, params):
        return spec


class Tuples(Nudge):
    def sample(self, seed, spec, context):
        return {"pair": (1, 2)}

    def apply(self, spec, params):
        return spec


class Numbered(Nudge):
    def sample(self, seed, spec, context):
        return {1: "one"}

    def apply(self, spec, params):
        return spec


class NotANumber(Nudge):
    def sample(self, seed, spec, context):
        return {"x": float("nan")}

    def apply(self, spec, params):
        return spec


class Listed(Nudge):
    def sample(self, seed, spec, context):
        return [1]


class Drifting(Nudge):
    def apply(self, spec, params):
        return spec.replace(notes=(("call", str(next(counter))),))


class Greedy(Nudge):
    def apply(self, spec, params):
        params.clear()
        return spec


class Vague(Nudge):
    def apply(self, spec, params):
        return None


class Chained(Nudge):
    """One stream for all objects, last object first: a new one shifts the others."""

    def sample(self, seed, spec, context):
        rng = seed.rng()
        return {b.name: self.reach_m.sample(rng) for b in reversed(spec.bodies) if b.category}


class ChainedList(Chained):
    def sample(self, seed, spec, context):
        return {"objects": [{"name": n, "x": x} for n, x in Chained.sample(self, seed, spec, context).items()]}

    def apply(self, spec, params):
        return spec


class NeverFit(Nudge):
    def sample(self, seed, spec, context):
        raise RejectedScene("never")


class Painter(Zoom):
    def apply(self, spec, params):
        return spec.replace(lights=())


class Cropper(Zoom):
    def apply(self, spec, params):
        return spec.replace(cameras=tuple(replace(c, width=10) for c in spec.cameras))


class Photographer(Nudge):
    def apply(self, spec, params):
        return spec.replace(cameras=(CameraSpec(),))


@pytest.mark.parametrize(
    ("toy", "said"),
    [
        (Shouting(), "kebab-case"),
        (Thawed(), "frozen dataclass"),
        (Forgetful(), "settings change on their way through JSON"),
        (Late(), "stage must be"),
        (Moody(), "sample drew something else from the same seed"),
        (Tuples(), "must be plain JSON"),
        (Numbered(), "must be plain JSON"),
        (NotANumber(), "has no JSON form"),
        (Listed(), "sample must return a dict"),
        (Drifting(), "apply must depend on spec and params alone"),
        (Greedy(), "apply must leave the params"),
        (Vague(), "apply must return a SceneSpec"),
        (Chained(), "one more object changed what is drawn for ball-0, ball-1, box-0"),
        (ChainedList(), "one more object changed what is drawn for ball-0, ball-1, box-0"),
        (NeverFit(), "all of 4 seeds were rejected"),
        (Painter(), "must change nothing but the camera"),
        (Cropper(), "keep the camera's name and resolution"),
        (Photographer(), "leave cameras to the views"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_broken_randomizers(toy, said, library):
    with pytest.raises(BrokenContract, match=said) as caught:
        check_randomizer(toy, library=library)
    assert str(caught.value).startswith(f"{type(toy).__name__}: ")


class Restless(Shelf):
    def build(self, seed, context):
        return table_scene().replace(notes=(("call", str(next(counter))),))


class Filming(Shelf):
    def build(self, seed, context):
        return table_scene().replace(cameras=(CameraSpec(),))


class Empty(Shelf):
    def build(self, seed, context):
        return None


class Listing(Shelf):
    def randomizers(self):
        return [Nudge()]


class Doubled(Shelf):
    def randomizers(self):
        return (Nudge(), Nudge())


class Changing(Shelf):
    def randomizers(self):
        return (Nudge(reach_m=Uniform(0, 1 + next(counter))),)


class Harbouring(Shelf):
    def randomizers(self):
        return (Chained(),)


@pytest.mark.parametrize(
    ("toy", "said"),
    [
        (Restless(), "build returned another scene for the same seed"),
        (Filming(), "build must leave cameras to the views"),
        (Empty(), "build must return a SceneSpec"),
        (Listing(), "must return a tuple"),
        (Doubled(), "must have unique names"),
        (Changing(), "randomizers\\(\\) returned others"),
        (Harbouring(), "Chained: one more object changed"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_broken_scenarios(toy, said, library):
    with pytest.raises(BrokenContract, match=said):
        check_scenario(toy, library=library)


class Clocked(Lines):
    def encode(self, sample, first_image, dataset):
        one = Lines.encode(self, sample, first_image, dataset)
        return Encoded(files=one.files, records=tuple(r | {"took": dict(sample.provenance.timings_s)} for r in one.records))


class Careless(Lines):
    def encode(self, sample, first_image, dataset):
        return Lines.encode(self, sample, 0, dataset)


class Short(Lines):
    def encode(self, sample, first_image, dataset):
        one = Lines.encode(self, sample, first_image, dataset)
        return Encoded(files=one.files, records=one.records[:1])


class Paired(Lines):
    def encode(self, sample, first_image, dataset):
        one = Lines.encode(self, sample, first_image, dataset)
        return Encoded(files=one.files, records=tuple(r | {"size": (1, 2)} for r in one.records))


class Texts(Lines):
    def encode(self, sample, first_image, dataset):
        one = Lines.encode(self, sample, first_image, dataset)
        return Encoded(files={p: d.decode() for p, d in one.files.items()}, records=one.records)


class Mapping(Lines):
    def encode(self, sample, first_image, dataset):
        return {}


class Counting(Lines):
    def finalize(self, records, dataset):
        yield "index.txt", iter([str(next(counter)).encode()])


class Colliding(Lines):
    def finalize(self, records, dataset):
        yield "labels/000000.txt", iter([b""])


class Twice(Lines):
    def finalize(self, records, dataset):
        yield "index.txt", iter([b"a"])
        yield "index.txt", iter([b"b"])


class Hoarding(Lines):
    """Works on one pass over the records only, and keeps what it read."""

    seen: ClassVar[list[str]] = []

    def finalize(self, records, dataset):
        self.seen.extend(json.dumps(r) for r in records())
        yield "index.txt", iter(["\n".join(self.seen).encode()])


@pytest.mark.parametrize(
    ("toy", "said"),
    [
        (Clocked(), "timings must not be written"),
        (Careless(), "must not have the same file names"),
        (Short(), "encode must give a record a picture, gave 1 for 2"),
        (Paired(), "records must be plain JSON"),
        (Texts(), "files must be bytes"),
        (Mapping(), "encode must return Encoded"),
        (Counting(), "finalize gave other files for the same records"),
        (Colliding(), "encode and finalize both write labels/000000.txt"),
        (Twice(), "finalize writes index.txt twice"),
        (Hoarding(), "finalize gave other files for the same records"),
        *((Lines(folder=folder), "relative POSIX paths") for folder in ("/etc", "..", "a/../b", "./a", "a//b", "a\\b", "")),
    ],
    ids=lambda value: f"{type(value).__name__}-{value.folder}" if not isinstance(value, str) else "",
)
def test_broken_exporters(toy, said):
    with pytest.raises(BrokenContract, match=said):
        check_exporter(toy)
