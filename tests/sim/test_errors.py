"""Errors are sentences, and each is of a kind that a caller can catch."""

import pytest

from diorama.sim import errors
from diorama.sim.errors import DioramaError, MissingExtra, RejectedScene, suggestion


@pytest.mark.parametrize(
    ("kind", "standard"),
    [
        (errors.InvalidValue, ValueError),
        (errors.UnknownName, LookupError),
        (errors.UnknownKey, LookupError),
        (errors.MissingExtra, ImportError),
        (errors.AssetError, DioramaError),
        (errors.OutputError, DioramaError),
        (errors.RejectedScene, DioramaError),
        (errors.TooManyRejections, DioramaError),
    ],
)
def test_every_error_is_ours_and_python_knows_its_kind(kind, standard):
    assert issubclass(kind, DioramaError)
    assert issubclass(kind, standard)


def test_a_missing_extra_names_the_command_that_installs_it():
    assert str(MissingExtra("meshes with textures", "pillow", "assets")) == (
        'meshes with textures needs pillow. Install it with: pip install "diorama[assets]"'
    )


def test_a_rejected_scene_keeps_its_reason():
    rejected = RejectedScene("fell-off", "mug-3 at z = -0.2 m")
    assert (rejected.reason, rejected.detail, str(rejected)) == ("fell-off", "mug-3 at z = -0.2 m", "fell-off: mug-3 at z = -0.2 m")
    assert str(RejectedScene("never-rested")) == "never-rested"


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("binpicking", ["tabletop", "bin-picking", "street"], ' Did you mean "bin-picking"? Known: bin-picking, street, tabletop.'),
        ("kelvins", {"kelvin": 1, "power": 2}, ' Did you mean "kelvin"? Known: kelvin, power.'),
        ("xyz", ["abc", "def"], " Known: abc, def."),
        ("", ["abc"], " Known: abc."),
        ("abc", [], ""),
    ],
)
def test_a_suggestion_names_the_nearest_then_all_in_order(name, known, said):
    assert suggestion(name, known) == said
    assert suggestion(name, reversed(list(known))) == said


def test_a_suggestion_lists_no_thousands():
    said = suggestion("thing-01", [f"thing-{i:03d}" for i in range(1400)])
    assert said.startswith(' Did you mean "thing-')
    assert said.endswith("thing-039 and 1360 more.")
