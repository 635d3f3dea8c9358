"""Scenarios, randomizers and exporters from a Python file of the user's own: ``diorama generate my_scenario.py:Shelf``.

Only files that the command line names are ever run; a plan file, which may come from anywhere, cannot name code. Installed packages
bring theirs by entry points instead, in the groups ``diorama.scenarios``, ``diorama.randomizers`` and ``diorama.exporters``.
"""

import hashlib
import importlib
import sys
from pathlib import Path
from typing import Any

from diorama.exporters import EXPORTERS
from diorama.randomizers import RANDOMIZERS
from diorama.scenes import SCENARIOS
from diorama.sim.errors import InvalidValue, suggestion
from diorama.sim.registry import Registry

#: A class belongs to the registry whose method it has.
_BY_METHOD = {"build": SCENARIOS, "apply": RANDOMIZERS, "encode": EXPORTERS}


def load_plugin(path: str | Path) -> dict[str, Any]:
    """Run a Python file, and register what it defines. Returns its scenarios, randomizers and exporters by class name.

    The file's folder joins `sys.path`, as when the file is run, so that worker processes find it as well. Raises InvalidValue for a
    file that is not there, fails, or defines nothing of the kind, and for names that others have.
    """
    path = Path(path).resolve()
    if path.suffix != ".py" or not path.is_file():
        raise InvalidValue(f"{path}: there is no such Python file")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        module = importlib.import_module(path.stem)
    except Exception as error:
        raise InvalidValue(f"{path}: cannot be run: {type(error).__name__}: {error}") from error
    if Path(getattr(module, "__file__", None) or "").resolve() != path:
        raise InvalidValue(f"{path}: another module is named {path.stem}; give this file a name of its own")
    found = {}
    for name, thing in vars(module).items():
        registry = _registry_of(thing, module.__name__)
        if registry is None:
            continue
        try:
            registry.register(thing.name, thing)
        except ValueError as error:
            raise InvalidValue(f"{path}: {name}: {error}; give yours another name") from None
        found[name] = thing
    if not found:
        raise InvalidValue(f"{path}: defines no scenario, randomizer or exporter: a class with a name and with build, apply or encode")
    return found


def load_named(target: str) -> Any:
    """The class in ``file.py:Class``; ``file.py`` alone will do when it defines a single scenario. Raises InvalidValue."""
    path, _, name = target.rpartition(":") if not target.endswith(".py") else (target, "", "")
    found = load_plugin(path)
    if not name:
        scenarios = [thing for thing in found.values() if hasattr(thing, "build")]
        if len(scenarios) == 1:
            return scenarios[0]
        raise InvalidValue(f"{target}: defines {len(scenarios)} scenarios; say which: {path}:NAME")
    if name not in found:
        raise InvalidValue(f'{path}: defines no scenario, randomizer or exporter "{name}".{suggestion(name, found)}')
    return found[name]


def is_plugin(target: str) -> bool:
    """Whether this names a Python file, or a class in one."""
    return target.endswith(".py") or ".py:" in target


def sources(things: Any) -> dict[str, str]:
    """SHA-256 of the Python files that define what is not Diorama's own, by file name: when one changes, so may what it makes."""
    found = {}
    for thing in things:
        module = type(thing).__module__
        file = getattr(sys.modules.get(module), "__file__", None)
        if file and module.partition(".")[0] != "diorama":
            found[Path(file).name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return dict(sorted(found.items()))


def _registry_of(thing: Any, module: str) -> Registry | None:
    """Where a class that this module defines belongs."""
    if not isinstance(thing, type) or thing.__module__ != module or not isinstance(getattr(thing, "name", None), str):
        return None
    return next((registry for method, registry in _BY_METHOD.items() if callable(getattr(thing, method, None))), None)
