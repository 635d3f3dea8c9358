from hypothesis import given
from hypothesis import strategies as st

from diorama.run.manifest import ABSENT, differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3),
)


def test_every_difference_is_named_by_its_path():
    old = {"seed": 1, "plan": {"randomizers": [{"name": "a", "kelvin": 3000}, {"name": "b"}], "views": 5}}
    new = {"seed": 1, "plan": {"randomizers": [{"name": "a", "kelvin": 4000}], "views": 5, "renderer": "raster"}}
    assert differences(old, new) == [
        ("plan.randomizers[0].kelvin", 3000, 4000),
        ("plan.randomizers[1]", {"name": "b"}, ABSENT),
        ("plan.renderer", ABSENT, "raster"),
    ]


@given(JSON)
def test_nothing_differs_from_itself(value):
    assert differences(value, value) == []


@given(JSON, JSON)
def test_what_differs_is_found_and_both_ways_alike(a, b):
    assert bool(differences(a, b)) == (a != b)
    assert sorted((p, str(y), str(x)) for p, x, y in differences(a, b)) == sorted((p, str(x), str(y)) for p, x, y in differences(b, a))
