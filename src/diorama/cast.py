"""A plan, as it is played for one scene: what is drawn, in which order, from which stream, and under which name it is recorded."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

from diorama.plan import Plan
from diorama.randomizers import variables
from diorama.randomizers.base import Context, Stage, label_of
from diorama.randomizers.distributions.scope import Scope, resolved
from diorama.sim.errors import InvalidValue, suggestion
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec


class Cast:
    """A plan's scenario and randomizers as they are for one attempt at one scene: variables drawn, schedules where they are by now.

    `draws` is what was drawn, by label; with `recorded` draws nothing is drawn, and those are applied.
    """

    def __init__(self, plan: Plan, seed: Seed, index: int, context: Context, *, recorded: Mapping[str, Any] | None = None) -> None:
        self.plan, self.seed, self.recorded = plan, seed, recorded
        self.context = replace(context, duration_s=plan.duration_s)
        self.draws: dict[str, Any] = {}
        if plan.variables:
            self._drawn("variables", partial(variables.draw, plan.variables, seed, index))
        self.scope = Scope(index=index, variables=self.draws.get("variables", {}))

    def at(self, seed: Seed, view: int, common: Seed | None = None, *, anew: bool = False) -> "Cast":
        """The same for one view: drawing from another stream, with draws of its own still to come. `common` is the stream of its round; a view
        that is taken `anew` does not share what the scene's views share.
        """
        other = copy(self)
        other.seed, other.draws = seed, {}
        other.context = replace(self.context, view=view, views=self.plan.views, round=common, scene=None if anew else self.seed)
        return other

    def again(self) -> "Cast":
        """The same, to apply once more what it has drawn."""
        other = copy(self)
        other.recorded, other.draws = self.draws, {}
        return other

    def build(self) -> SceneSpec:
        """The scenario's scene."""
        return resolved(self.plan.scenario, self.scope).build(self.seed.child("scenario"), self.context)

    def randomize(self, spec: SceneSpec, stage: Stage, prefix: str = "") -> SceneSpec:
        """Run the randomizers of one stage in order; each has a stream of its own name. Records what they draw below `prefix`."""
        for randomizer in self.plan.randomizers:
            if randomizer.stage == stage:
                now, label = resolved(randomizer, self.scope), label_of(randomizer)
                params = self._drawn(prefix + label, partial(now.sample, self.seed.child("randomizer", label), spec, self.context))
                spec = now.apply(spec, params)
        return spec

    def _drawn(self, name: str, draw: Callable[[], Any]) -> Any:
        if self.recorded is not None and name not in self.recorded:
            raise InvalidValue(f'the record has no draws of "{name}", which the plan asks for.{suggestion(name, self.recorded)}')
        self.draws[name] = draw() if self.recorded is None else self.recorded[name]
        return self.draws[name]
