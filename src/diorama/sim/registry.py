"""Names to things: a literal table of built-ins, and entry points for everybody else's.

Each package that can be extended (`scenes`, `randomizers`, `exporters`) owns one `Registry`. Built-ins
are ``"name": "module:attribute"`` and are imported when asked for. Installed packages add theirs through
entry points of the registry's group; those are looked up on the first miss, or when all names are listed.
"""

import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from diorama.sim.errors import UnknownName, suggestion


class Registry:
    """The things of one kind (`noun`, as used in messages) by their kebab-case names."""

    def __init__(self, noun: str, group: str, builtin: Mapping[str, str]) -> None:
        self.noun = noun
        self.group = group
        self._targets = dict(builtin)
        self._loaded: dict[str, Any] = {}
        self._searched = False

    def register(self, name: str, thing: Any) -> None:
        """Add a thing under a name that nothing else has. Raises ValueError on a clash."""
        if name in self.names() and self._loaded.get(name) is not thing:
            raise ValueError(f'a {self.noun} named "{name}" exists already')
        self._loaded[name] = thing
        self._targets.setdefault(name, "")

    def names(self) -> tuple[str, ...]:
        """All names, built-in, installed and registered, sorted."""
        self._search()
        return tuple(sorted(self._targets))

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            if name not in self._targets:
                self._search()
            if name not in self._targets:
                raise UnknownName(f'no {self.noun} named "{name}".{suggestion(name, self._targets)}')
            module, _, attribute = self._targets[name].partition(":")
            self._loaded[name] = getattr(importlib.import_module(module), attribute)
        return self._loaded[name]

    def _search(self) -> None:
        if self._searched:
            return
        self._searched = True
        for point in entry_points(group=self.group):
            # A built-in name cannot be taken over by an installed package.
            self._targets.setdefault(point.name, point.value)
