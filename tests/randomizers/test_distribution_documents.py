"""The pages of distributions and fitting: every family has its place, every form reads, all Python runs."""

import re
from pathlib import Path

import pytest
import yaml

from diorama.randomizers.distributions import FAMILIES, Distribution, Gamma
from diorama.randomizers.distributions.base import read
from diorama.sim.codec import from_json, to_json

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "distributions.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture(autouse=True)
def own_families(monkeypatch):
    """What the page registers is gone afterwards."""
    monkeypatch.setattr(FAMILIES, "_loaded", dict(FAMILIES._loaded))
    monkeypatch.setattr(FAMILIES, "_targets", dict(FAMILIES._targets))


def test_every_family_has_its_place():
    assert sorted(SECTIONS) == sorted(FAMILIES.names())


@pytest.mark.parametrize("family", SECTIONS)
def test_every_form_reads_as_its_family_and_has_a_picture(family):
    (form,) = re.findall(r"```yaml\n(.*?)```", SECTIONS[family], re.DOTALL)
    value = yaml.safe_load(form)
    distribution = read(value)
    assert distribution.family == ("uniform" if family == "var" else family)
    assert from_json(Distribution, to_json(distribution)) == distribution
    inline = re.findall(r"`(\{[\w-]+: .*?\})`", SECTIONS[family])
    for other in inline:
        assert isinstance(read(yaml.safe_load(other)), Distribution)
    assert f"images/distributions/{family}.png" in SECTIONS[family] or family in ("constant", "var")


def test_the_python_of_the_pages_runs(capsys):
    names: dict = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(code, "distributions.md", "exec"), names)
    assert read({"rayleigh": 2}) == names["Rayleigh"](2)
    assert Gamma(2, 0.5).reach == pytest.approx((0, 20.2), abs=0.05)
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "fitting.md").read_text("utf-8"), re.DOTALL)
    exec(compile(code, "fitting.md", "exec"), names)
    assert capsys.readouterr().out.splitlines()[-1].startswith("Gamma(2.77")


def test_the_form_of_a_hybrid_in_fitting_reads():
    (form,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "fitting.md").read_text("utf-8"), re.DOTALL)
    assert read(yaml.safe_load(form)["error_ev"]).family == "hybrid"
