"""What a scenario is: a frozen dataclass of settings that stages a scene and says how to vary it."""

from typing import ClassVar, Protocol

from diorama.randomizers.base import Context, Randomizer
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec


class Scenario(Protocol):
    """Stages a scene.

    `build` makes the furniture, plain lights and physics settings (pure: all randomness from `seed`); `randomizers` are the scenario's own defaults,
    in the order in which they compose. Cameras are left to the views; but one that has a `backdrop`, which took a photograph that the scene belongs
    to, is what all views start from, cut to their proportions. A scenario that builds objects to label itself, other than from the asset library,
    says their ``(category, supercategory)`` pairs in a class variable `categories`. Fields of plans that suit it otherwise than is usual it says in a
    class variable `plan`, a mapping. One that reads files of the user's has the methods `files()` and
    `check()` of randomizers that do.
    """

    name: ClassVar[str]

    def build(self, seed: Seed, context: Context) -> SceneSpec: ...

    def randomizers(self) -> tuple[Randomizer, ...]: ...
