"""What a randomizer is.

A randomizer is a frozen dataclass whose varying settings are distributions, with two methods:

- `sample(seed, spec, context)` draws, and returns the draws as a JSON value. It alone uses randomness.
- `apply(spec, params)` is pure: it turns the spec into the varied one, from those draws alone, so that any
  sample can be made again from its record without a generator.

`stage` says when it runs. ``scene`` randomizers run once a scene, before physics. ``view`` randomizers run once for
each view, after physics: they see the settled spec with exactly one camera, the view's, and change that camera only.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec

Stage = Literal["scene", "view"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What sampling may look at besides the scene: the assets there are."""

    library: AssetLibrary


class Randomizer(Protocol):
    """The shape of a randomizer; see the module's text."""

    name: ClassVar[str]
    stage: ClassVar[Stage]

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]: ...

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec: ...
