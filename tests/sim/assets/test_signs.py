"""Signs: as many pictures as there are kinds, told apart at a glance, in the convention's forms and colours, on posts of the right height."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets import geometry
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.furniture.faces import FACES, picture
from diorama.sim.assets.street.furniture.lettering import LETTERS
from diorama.sim.assets.street.furniture.signs import outline_m
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import Shape, SignPostShape, SignShape
from diorama.sim.spec.signs import HANDED, LETTERING, SIGNS, WORDED

LIBRARY = AssetLibrary()


def sign(kind, wear="new"):
    return SignShape(sign=kind, text="Elm Street" if kind in WORDED else "", wear=wear)


def thumbnail(kind, wear="new", side=24):
    """(side, side, 3) in [0, 1], what is outside of the plate grey: a sign from some ten metres away."""
    face, drawn = FACES[kind], picture(sign(kind, wear)) / 255.0
    high, wide, _ = drawn.shape
    scale = side / max(high, wide)
    out = np.full((side, side, 3), 0.5)
    outline = np.array(face.outline)
    edges = np.roll(outline, -1, axis=0) - outline
    for row, column in np.ndindex(side, side):
        v, u = (row + 0.5 - side / 2) / scale, (column + 0.5 - side / 2) / scale
        place = np.array([u, -v]) / (high / 2)
        inside = edges[:, 0] * (place[1] - outline[:, 1]) - edges[:, 1] * (place[0] - outline[:, 0])
        if inside.min() > 0:
            r, c = int(high / 2 + v), int(wide / 2 + u)
            out[row, column] = drawn[max(r - 4, 0) : r + 4, max(c - 4, 0) : c + 4].mean(axis=(0, 1))
    return out


def colour(kind, x, y):
    """What is at a place of the plate: x and y in halves of its height."""
    drawn = picture(sign(kind))
    high, wide, _ = drawn.shape
    return tuple(drawn[min(int(high / 2 - y * high / 2), high - 1), min(int(wide / 2 + x * high / 2), wide - 1)].tolist())


def hue(rgb):
    red, green, blue = rgb
    if min(rgb) > 200:
        return "white"
    if max(rgb) < 60:
        return "black"
    if red > 150 and green < 60 and blue < 60:
        return "red"
    if blue > 120 and red < 40:
        return "blue"
    if red > 200 and green > 150 and blue < 60:
        return "yellow"
    return "other"


def test_there_are_as_many_faces_as_kinds_and_more_than_twenty():
    assert tuple(FACES) == tuple(dict.fromkeys(FACES))
    assert set(FACES) == set(SIGNS)
    assert len(SIGNS) > 60


def test_every_sign_is_told_from_every_other_from_afar_even_when_it_is_old():
    new = {kind: thumbnail(kind) for kind in SIGNS}
    least = min((float(np.abs(new[a] - new[b]).mean()), a, b) for a, b in itertools.combinations(SIGNS, 2))
    assert least[0] > 0.012, least
    for kind in SIGNS:
        old = thumbnail(kind, "old")
        # By its pattern, whatever its brightness and contrast.
        likeness = {other: np.corrcoef(old.ravel(), new[other].ravel())[0, 1] for other in SIGNS}
        assert max(likeness, key=likeness.get) == kind


@pytest.mark.parametrize(
    ("kinds", "hues"),
    [
        (("stop", "no-entry"), {(0.0, 0.8): "red"}),
        (("give-way",), {(0.0, 0.2): "white", (0.0, 0.85): "red"}),
        (("priority-road",), {(0.0, 0.0): "yellow", (0.0, 0.8): "white"}),
        (tuple(k for k in SIGNS if k.startswith("speed-limit-")), {(0.0, 0.86): "red", (0.0, 0.6): "white", (0.0, -0.6): "white"}),
        (("no-vehicles",), {(0.0, 0.0): "white", (0.86, 0.0): "red"}),
        (("no-lorries", "no-overtaking"), {(0.0, 0.6): "white", (0.86, 0.0): "red"}),
        (("no-parking", "no-stopping"), {(0.0, 0.5): "blue", (0.0, 0.0): "red", (-0.45, 0.45): "red"}),
        (("turn-left", "turn-right", "straight-ahead", "roundabout", "pass-right", "cycle-path", "footpath"), {(0.0, 0.88): "blue"}),
        (("parking", "crossing", "dead-end"), {(0.84, 0.84): "blue"}),
        (("children", "road-works", "danger", "signals-ahead", "bend-left"), {(0.0, -0.92): "red", (0.5, -0.7): "white"}),
        (("town", "direction-left", "direction-right"), {(0.9, 0.75): "yellow"}),
    ],
)  # fmt: skip
def test_colours_are_the_conventions(kinds, hues):
    for kind in kinds:
        for place, wanted in hues.items():
            assert hue(colour(kind, *place)) == wanted, (kind, place, colour(kind, *place))


def test_forms_are_the_conventions():
    corners = {kind: outline_m(kind) for kind in ("stop", "give-way", "danger", "priority-road", "speed-limit-30", "parking")}

    def width_at(kind, share):
        """How wide the plate is at a share of its height, from below."""
        y, z = corners[kind].T
        level = z.min() + share * (z.max() - z.min())
        cuts = []
        for i in range(len(y)):
            (y0, z0), (y1, z1) = corners[kind][i - 1], corners[kind][i]
            if (z0 > level) != (z1 > level):
                cuts.append(y0 + (level - z0) / (z1 - z0) * (y1 - y0))
        return (max(cuts) - min(cuts)) / (y.max() - y.min())

    assert width_at("danger", 0.1) > 0.8 > 0.3 > width_at("danger", 0.85)  # on its side
    assert width_at("give-way", 0.15) < 0.3 < 0.8 < width_at("give-way", 0.9)  # on its point
    assert width_at("priority-road", 0.5) > 0.95 > 0.5 > width_at("priority-road", 0.15)
    assert width_at("stop", 0.02) == pytest.approx(0.4142 + 2 * 0.02, abs=0.05)
    assert width_at("speed-limit-30", 0.5) > 0.97
    assert width_at("parking", 0.2) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", SIGNS)
def test_plates_are_closed_thin_convex_and_seen_from_the_front(kind):
    asset = LIBRARY.shape_asset(sign(kind))
    positions, faces = geometry.merged([(p.positions.astype(float), p.faces.astype(np.int64)) for p in asset.parts])
    assert geometry.is_closed(geometry.weld(positions, 1e-6)[faces])
    outline = outline_m(kind)
    (y0, z0), (y1, z1) = (outline - np.roll(outline, 1, axis=0)).T, (np.roll(outline, -1, axis=0) - outline).T
    assert (y0 * z1 - z0 * y1).min() > 0
    assert np.ptp(outline, axis=0) == pytest.approx(FACES[kind].size_m, rel=0.13)  # corners are round
    front, rest = asset.parts
    assert (front.normals == (1, 0, 0)).all()
    assert len(faces) <= 64
    # The picture is seen upright and unmirrored: from the front, right is +y.
    assert np.corrcoef(front.positions[:, 1], front.uv[:, 0])[0, 1] > 0.999
    assert np.corrcoef(front.positions[:, 2], front.uv[:, 1])[0, 1] > 0.999
    assert -1e-6 < front.uv.min() and front.uv.max() < 1 + 1e-6
    assert "base_color" in front.look.images and not rest.look.images


@pytest.mark.parametrize("kind", [k for k in SIGNS if k.startswith("speed-limit-")])
def test_figures_of_speed_limits_are_large_and_apart(kind):
    ink = (picture(sign(kind)).max(axis=2) < 90).astype(np.uint8)
    count, _, boxes, _ = cv2.connectedComponentsWithStats(ink)
    assert count - 1 == len(kind.rpartition("-")[2])
    heights = boxes[1:, cv2.CC_STAT_HEIGHT] / len(ink)
    assert 0.24 < heights.min() and heights.max() < 0.42
    assert np.ptp(heights) < 0.02


def test_letters_are_what_may_be_written():
    assert {*LETTERING.upper()} - {" "} == {*LETTERS}
    assert len(LETTERS) == len(set(LETTERS.values()))


@settings(max_examples=15)
@given(st.text("ABCabc xyz019-.,:'/", min_size=1, max_size=20).filter(str.strip))
def test_any_words_fit_on_their_plate(text):
    for kind in WORDED:
        drawn = picture(SignShape(sign=kind, text=text))
        blank = picture(SignShape(sign=kind, text="."))
        high, wide, _ = drawn.shape
        rim = np.ones((high, wide), bool)
        rim[3:-3, 3:-3] = False
        assert (drawn[rim] == blank[rim]).all()


def test_different_words_are_different_pictures():
    for kind in WORDED:
        assert (picture(SignShape(sign=kind, text="Oak Lane")) != picture(SignShape(sign=kind, text="Elm Lane"))).any()
        assert (picture(SignShape(sign=kind, text="Oak Lane")) == picture(SignShape(sign=kind, text="OAK LANE"))).all()


def test_where_one_drives_on_the_left_some_are_the_other_way_around():
    for kind in HANDED:
        right, left = picture(sign(kind)).astype(int), picture(SignShape(sign=kind, drives_on="left")).astype(int)
        assert np.abs(left - right[:, ::-1]).mean() < 1.0
        assert np.abs(left - right).mean() > 2.5


def test_wear_fades_and_soils():
    new, faded, dirty, old = (picture(SignShape(sign="stop", wear=wear)).astype(float) for wear in ("new", "faded", "dirty", "old"))

    def redness(drawn):
        return (drawn[..., 0] - drawn[..., 1:].mean(axis=-1)).mean()

    assert redness(new) > 1.3 * redness(faded) > redness(old)
    assert new[-40:].mean() > 1.1 * dirty[-40:].mean()  # dirt is more below
    assert dirty[:128].mean() / new[:128].mean() > dirty[128:].mean() / new[128:].mean()
    assert (old != faded).any()


@pytest.mark.parametrize("clear_m", [0.5, 2.0, 2.3])
def test_posts_hold_their_signs_one_below_the_other_at_the_height_asked_for(clear_m):
    shape = SignPostShape(signs=("children", "speed-limit-30", "plate"), clear_m=clear_m)
    post = LIBRARY.shape_asset(shape)
    base = np.array(post.landmarks["base"])
    assert base[2] == pytest.approx(post.bounds_m[0][2], abs=1e-6)
    spans = []
    for i, kind in enumerate(shape.signs):
        held = np.array(post.landmarks[f"sign-{i}"]) - base
        high = FACES[kind].size_m[1]
        spans.append((held[2] - high / 2, held[2] + high / 2))
        assert 0.03 < held[0] < 0.1 and held[1] == 0
    assert spans[-1][0] == pytest.approx(clear_m)
    assert spans[0][1] == pytest.approx(post.bounds_m[1][2] - base[2])
    assert all(above[0] > below[1] for above, below in itertools.pairwise(spans))
    # Nothing of the post is before the picture's plane: the picture hides all of it from the front, and is not hidden.
    assert post.bounds_m[1][0] - base[0] == pytest.approx(held[0])
    assert sum(len(p.faces) for p in post.parts) < 200


def test_wide_signs_have_two_posts():
    one, two = (LIBRARY.shape_asset(SignPostShape(signs=(kind,))) for kind in ("stop", "town"))
    assert len(two.hulls) == len(one.hulls) + 1


def test_shapes_survive_json():
    for shape in (sign("town", "old"), SignPostShape(signs=("stop", "plate"), clear_m=2.1)):
        assert from_json(Shape, to_json(shape)) == shape


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"sign": "stopp"}, 'there is no sign "stopp"'),
        ({"sign": "stop", "text": "HALT"}, "a stop has no words of its own"),
        ({"sign": "town"}, "text of a town must be 1 to 20"),
        ({"sign": "town", "text": "   "}, "text of a town must be 1 to 20"),
        ({"sign": "town", "text": "Köln"}, "text of a town must be 1 to 20"),
        ({"sign": "plate", "text": "x" * 21}, "text of a plate must be 1 to 20"),
        ({"sign": "stop", "drives_on": "left"}, "drives_on of a stop must be right, got 'left'"),
        ({"sign": "roundabout", "drives_on": "up"}, "drives_on of a roundabout must be right or left"),
        ({"sign": "stop", "wear": "rusty"}, "wear must be one of new, faded, dirty, old"),
    ],
)
def test_what_cannot_be_is_refused(fields, fault):
    with pytest.raises(InvalidValue, match=fault):
        SignShape(**fields)


@pytest.mark.parametrize("fields", [{"signs": ()}, {"signs": ("stop",) * 5}, {"signs": ("halt",)}, {"signs": ("stop",), "clear_m": float("nan")}])
def test_posts_that_cannot_be_are_refused(fields):
    with pytest.raises(InvalidValue):
        SignPostShape(**fields)
