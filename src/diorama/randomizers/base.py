"""What a randomizer is.

A randomizer is a frozen dataclass whose varying settings are distributions, with two methods:

- `sample(seed, spec, context)` draws, and returns the draws as a JSON value. It alone uses randomness.
- `apply(spec, params)` is pure: it turns the spec into the varied one, from those draws alone, so that any
  sample can be made again from its record without a generator.

`stage` says when it runs. ``scene`` randomizers run once a scene, before physics, and ``settled`` ones once a scene after it: they
see where things came to rest. ``view`` randomizers run once for each view: they see the spec as it is at the view's moment with exactly one camera,
the view's, and change that camera only. In a sequence they draw in the first frame alone, and what they drew is applied in all. One with a property
`together` makes so many views at a time, of one moment: what these have in common it draws from the context's `round`.

A plan can hold several of a kind when each has a `label`; the label, or else the name, is what its random stream and its
record are called.

A randomizer that draws from files of the user's has two methods more. `files()` returns their paths, which a run that is gone on with
compares by content. `check()` reads them all, and raises what is wrong with any of them before work begins. `randomizers/files.py` has what
both need.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Literal, Protocol

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import AssetError, DioramaError
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, SceneSpec

Stage = Literal["scene", "settled", "view"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What sampling may look at besides the scene: the assets there are, for how long the scene is watched (from 0 s on, until a step after its last
    picture), and in the stage ``view`` which of how many views it is, the stream that it shares with those which are taken together, and the one that
    all views of the scene share but those which are taken anew.
    """

    library: AssetLibrary
    view: int = 0
    views: int = 1
    duration_s: float = 0.0
    round: Seed | None = None
    scene: Seed | None = None

    def common(self, randomizer: "Named", seed: Seed) -> Seed:
        """The stream of what all views that are taken together have in common. `seed` is the view's own."""
        return seed if self.round is None else self.round.child("randomizer", label_of(randomizer))


class Randomizer(Protocol):
    """The shape of a randomizer; see the module's text."""

    name: ClassVar[str]
    stage: ClassVar[Stage]

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]: ...

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What a randomizer of which a plan may hold several has: a `label` of its own, in kebab-case, where its name would be ambiguous."""

    label: str = ""


class Named(Protocol):
    """What a scenario or a randomizer is."""

    name: ClassVar[str]


def label_of(thing: Named) -> str:
    """What a scenario or a randomizer is called in a plan: its label, or else its name."""
    return getattr(thing, "label", "") or thing.name


def check_files(things: Sequence[Named]) -> None:
    """Have every scenario and randomizer read its files. Raises AssetError with all faults, a line each, that begins with the label."""
    faults: list[str] = []
    for thing in things:
        try:
            getattr(thing, "check", lambda: None)()
        except DioramaError as error:
            faults += [f"{label_of(thing)}: {line}" for line in str(error).splitlines()]
    if faults:
        raise AssetError("\n".join(faults))


def files_of(thing: Named) -> tuple[str, ...]:
    """Paths of the user's files that a scenario or a randomizer draws from."""
    return getattr(thing, "files", tuple)()


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Which bodies are meant: those with one of the `tags`, of one of the `categories`, and with a name like one of `names`.

    What is left empty leaves the choice open. Names are patterns as in a shell: ``wall-*``. Furniture has no category, objects have
    the tag ``object``.
    """

    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __contains__(self, body: BodySpec) -> bool:
        return (
            (not self.tags or any(tag in body.tags for tag in self.tags))
            and (not self.categories or body.category in self.categories)
            and (not self.names or any(fnmatchcase(body.name, name) for name in self.names))
        )

    def of(self, bodies: Sequence[BodySpec]) -> tuple[BodySpec, ...]:
        """Those of the bodies that are meant, in order."""
        return tuple(body for body in bodies if body in self)


#: What there is to label: all that was put into the scene to be found again.
OBJECTS = Select(tags=("object",))
