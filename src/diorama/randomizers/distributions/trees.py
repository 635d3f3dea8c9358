"""Numbers and words that vary together, column by column: each by a decision tree over those before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from diorama.randomizers.distributions.base import Distribution, is_number, read
from diorama.sim.errors import InvalidValue

Node = "Split | Distribution"

_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Split:
    """Where a tree forks: by whether an earlier column is at most a number, or is a certain word."""

    column: str
    value: float | str
    then: "Split | Distribution"
    otherwise: "Split | Distribution"

    def side(self, drawn: Mapping[str, Any]) -> "Split | Distribution":
        """The branch that a row goes into."""
        value = drawn[self.column]
        is_then = value == self.value if isinstance(self.value, str) else value <= self.value
        return self.then if is_then else self.otherwise


@dataclass(frozen=True, slots=True, init=False)
class SequentialTrees(Distribution):
    """Several columns drawn one after another, each from the leaf that the columns before it lead to.

    What depends on what, and how, is free: words and numbers mix, and relations may bend, break and have several branches.
    A draw is a mapping of the columns' names to values. In a plan, a tree is a distribution, or
    ``{when: size, at-most: 0.3, then: ..., else: ...}``, or ``{when: kind, is: cup, then: ..., else: ...}``::

        sequential-trees:
          - kind: {choice: [cup, fork]}
          - size: {when: kind, is: cup, then: {uniform: [0.1, 0.3]}, else: {uniform: [0.2, 0.4]}}
    """

    family: ClassVar[str] = "sequential-trees"
    symbol: ClassVar[str] = "Trees"
    trees: tuple[tuple[str, "Split | Distribution"], ...]

    def __init__(self, trees: Any) -> None:
        trees = tuple(trees.items() if isinstance(trees, Mapping) else (tuple(item) for item in trees))
        if not trees:
            raise InvalidValue("sequential-trees: expected at least one column")
        known: set[str] = set()
        for name, tree in trees:
            if not isinstance(name, str) or not name or "." in name or name in known:
                raise InvalidValue(f"sequential-trees: names of columns are different texts without dots, got {name!r}")
            for node in _nodes(tree):
                if isinstance(node, Split) and node.column not in known:
                    raise InvalidValue(f'sequential-trees: {name} depends on "{node.column}", which is no column before it')
                if not isinstance(node, (Split, Distribution)) or (isinstance(node, Distribution) and node.columns is not None):
                    raise InvalidValue(f"sequential-trees: the leaves of {name} must be distributions of one thing, got {node!r}")
            known.add(name)
        object.__setattr__(self, "trees", trees)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.trees)

    def sample(self, rng: np.random.Generator) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for name, tree in self.trees:
            drawn[name] = _leaf(tree, drawn).sample(rng)
        return drawn

    def log_prob(self, value: Mapping[str, Any]) -> float:
        return sum(_leaf(tree, value).log_prob(value[name]) for name, tree in self.trees)

    def __repr__(self) -> str:
        leaves = (sum(isinstance(node, Distribution) for node in _nodes(tree)) for _, tree in self.trees)
        return f"Trees({', '.join(f'{name}: {count}' for name, count in zip(self.columns, leaves, strict=True))})"

    def to_json_value(self) -> Any:
        return {self.family: [{name: _node_to_json(tree)} for name, tree in self.trees]}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        if not isinstance(arguments, list) or not all(isinstance(item, dict) and len(item) == 1 for item in arguments):
            raise InvalidValue(f"sequential-trees takes a list of {{column: tree}}, in the order they are drawn in, got {arguments!r}")
        return cls([(name, _node_from_json(tree, 0)) for item in arguments for name, tree in item.items()])


def _leaf(node: "Split | Distribution", drawn: Mapping[str, Any]) -> Distribution:
    while isinstance(node, Split):
        node = node.side(drawn)
    return node


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    if isinstance(node, Split):
        yield from _nodes(node.then)
        yield from _nodes(node.otherwise)


def _node_to_json(node: "Split | Distribution") -> Any:
    if isinstance(node, Distribution):
        return node.to_json_value()
    test = "is" if isinstance(node.value, str) else "at-most"
    return {"when": node.column, test: node.value, "then": _node_to_json(node.then), "else": _node_to_json(node.otherwise)}


def _node_from_json(value: Any, depth: int) -> "Split | Distribution":
    if not isinstance(value, dict) or "when" not in value:
        return read(value)
    test = "is" if "is" in value else "at-most"
    is_right_type = isinstance(value.get(test), str) if test == "is" else is_number(value.get(test))
    if set(value) != {"when", test, "then", "else"} or not is_right_type:
        raise InvalidValue(f"sequential-trees: a fork takes {{when: column, at-most: number (or is: word), then: ..., else: ...}}, got {value!r}")
    if depth > _MAX_DEPTH:
        raise InvalidValue(f"sequential-trees: trees are at most {_MAX_DEPTH} forks deep")
    branches = _node_from_json(value["then"], depth + 1), _node_from_json(value["else"], depth + 1)
    return Split(value["when"], value[test], *branches)
