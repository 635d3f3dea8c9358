"""Python files of the user's own: what they define is registered, and what is wrong with them is said."""

import sys

import pytest

from diorama.plan import find_plan
from diorama.plugins import load_named, load_plugin, sources
from diorama.randomizers import RANDOMIZERS
from diorama.scenes import SCENARIOS
from diorama.sim.errors import InvalidValue

SCENARIO = """
from dataclasses import dataclass
from typing import ClassVar
import diorama

@dataclass(frozen=True, kw_only=True)
class {cls}:
    name: ClassVar[str] = "{name}"
    def build(self, seed, context):
        return diorama.SceneSpec()
    def randomizers(self):
        return ()
"""


@pytest.fixture(autouse=True)
def nothing_stays(monkeypatch):
    """Registries, modules and the path are as before."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for registry in (SCENARIOS, RANDOMIZERS):
        monkeypatch.setattr(registry, "_loaded", dict(registry._loaded))
        monkeypatch.setattr(registry, "_targets", dict(registry._targets))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("own_"):
            del sys.modules[name]


def write(tmp_path, name, *classes):
    path = tmp_path / f"{name}.py"
    path.write_text("".join(SCENARIO.format(cls=cls, name=cls.lower()) for cls in classes))
    return path


def test_a_class_by_its_file(tmp_path):
    path = write(tmp_path, "own_two", "Attic", "Cellar")
    assert find_plan(f"{path}:Cellar").scenario.name == "cellar"
    assert find_plan("attic").scenario.name == "attic"  # all that the file defines is known now
    assert find_plan(f"{path}:Attic").scenario == find_plan("attic").scenario  # and may be loaded again
    assert set(load_plugin(path)) == {"Attic", "Cellar"}


def test_the_only_scenario_needs_no_name(tmp_path):
    assert load_named(str(write(tmp_path, "own_one", "Loft"))).name == "loft"
    with pytest.raises(InvalidValue, match=r"defines 2 scenarios; say which: .*own_both.py:NAME"):
        load_named(str(write(tmp_path, "own_both", "Hall", "Porch")))


def test_code_is_part_of_what_a_run_is_compared_by(tmp_path):
    path = write(tmp_path, "own_code", "Nook")
    scenario = load_named(f"{path}:Nook")()
    before = sources((scenario, RANDOMIZERS["drop"]()))
    assert list(before) == ["own_code.py"]
    path.write_text(path.read_text() + "\n# another line\n")
    assert sources((scenario,)) != before


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("own_nothing", "x = 1\n", "defines no scenario, randomizer or exporter"),
        ("own_broken", "import nowhere_to_be_found\n", "cannot be run: ModuleNotFoundError"),
        ("json", SCENARIO.format(cls="A", name="a"), "another module is named json"),
        ("own_clash", SCENARIO.format(cls="Tabletop", name="tabletop"), 'Tabletop: a scenario named "tabletop" exists already'),
    ],
)
def test_files_that_will_not_do(tmp_path, name, text, said):
    path = tmp_path / f"{name}.py"
    path.write_text(text)
    with pytest.raises(InvalidValue, match=said):
        load_plugin(path)


def test_what_is_not_there(tmp_path):
    with pytest.raises(InvalidValue, match="there is no such Python file"):
        find_plan(f"{tmp_path}/gone.py:Hall")
    with pytest.raises(InvalidValue, match=r'no scenario, randomizer or exporter "Garrett"\. Did you mean "Garret"'):
        find_plan(f"{write(tmp_path, 'own_garret', 'Garret')}:Garrett")
