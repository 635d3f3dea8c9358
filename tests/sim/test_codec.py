"""Any spec survives JSON to the last bit; any fault is told with its place, and all faults at once."""

import json
import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.codec import InvalidDocument, from_json, to_json
from diorama.sim.errors import DioramaError, InvalidValue
from diorama.sim.spec import (
    Adjustment,
    BodySpec,
    BoxShape,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    ImageTexture,
    Lattice,
    MaterialSpec,
    MeshShape,
    PackedTexture,
    PhysicsSpec,
    PointLight,
    Pose,
    PrismShape,
    ProceduralTexture,
    SceneSpec,
    SensorSpec,
    SphereShape,
    SpotLight,
    SunLight,
    TextureKind,
    Weathering,
)
from diorama.sim.spec.lattice import NEVER_FOLDS
from diorama.sim.transforms import normalize_quat

# --- arbitrary scenes: every field is drawn, from all floats that its class admits ---

finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(0, exclude_min=True, allow_infinity=False)
at_least_0 = st.floats(0, allow_infinity=False)
share = st.floats(0, 1)
below_1 = st.floats(0, 1, exclude_max=True)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
name = text.filter(bool)
unit = st.floats(-1, 1)
DIAMOND = ((-0.3, 0.0), (0.0, -0.1), (0.3, 0.0), (0.0, 0.1))
quaternions = st.tuples(unit, unit, unit, unit).filter(lambda q: math.hypot(*q) > 1e-2).map(normalize_quat)


def triples(of):
    return st.tuples(of, of, of)


poses = st.builds(Pose, triples(finite), quaternions)
directions = triples(finite).filter(any)
colours = triples(share)
powers = triples(at_least_0)
small = st.floats(-NEVER_FOLDS, NEVER_FOLDS)
lattices = st.builds(Lattice, offsets=st.lists(triples(small), min_size=27, max_size=27).map(tuple))
shapes = st.one_of(
    st.builds(MeshShape, asset=text, scale=st.one_of(positive, triples(positive)), lattice=st.none() | lattices),
    st.builds(BoxShape, size_m=triples(positive)),
    st.builds(SphereShape, radius_m=positive, segments=st.integers(8, 999)),
    st.builds(CylinderShape, radius_m=positive, height_m=positive, segments=st.integers(8, 999)),
    st.builds(PrismShape, outline_m=st.sampled_from([((-1.0, -1.0), (2.0, -1.0), (-1.0, 2.0)), DIAMOND]), height_m=positive),
)
recipes = st.builds(
    ProceduralTexture,
    pattern=st.sampled_from(get_args(TextureKind)),
    color_a=colours,
    color_b=colours,
    tile_m=positive,
    frequency=st.integers(1, 64),
    seed=st.integers(0, 2**64),
)
textures = recipes | st.builds(ImageTexture, path=name, tile_m=st.none() | positive) | st.builds(PackedTexture, roughness=name, metallic=text)
materials = st.builds(MaterialSpec, base_color=colours, metallic=share, roughness=share, texture=st.none() | textures)
adjustments = st.builds(Adjustment, hue_turn=finite, saturation=at_least_0, value=at_least_0, roughness=at_least_0, normal_scale=at_least_0)
weatherings = st.builds(Weathering, wear=share, bare=st.none() | colours, dust=share, up=directions, seed=st.integers(0, 2**64))
bodies = st.builds(
    BodySpec,
    name=name,
    shape=shapes,
    world_from_body=poses,
    mass_kg=at_least_0,
    inertia_kg_m2=st.none() | triples(positive),
    friction=at_least_0,
    restitution=share,
    material=st.none() | materials,
    part_materials=st.lists(st.none() | materials, max_size=2).map(tuple),
    look_of=st.none() | name,
    adjustment=st.none() | adjustments,
    weathering=st.none() | weatherings,
    category=st.none() | text,
    tags=st.lists(text, max_size=3).map(tuple),
)
cones = st.lists(st.floats(0, 1.57), min_size=2, max_size=2, unique=True).map(sorted)
lights = st.one_of(
    st.builds(SunLight, direction=directions, irradiance=powers, angular_diameter_rad=below_1, shadows=st.booleans()),
    cones.flatmap(
        lambda cone: st.builds(
            SpotLight,
            position_m=triples(finite),
            direction=directions,
            intensity=powers,
            inner_rad=st.just(cone[0]),
            outer_rad=st.just(cone[1]),
            radius_m=at_least_0,
            shadows=st.booleans(),
        )
    ),
    st.builds(PointLight, position_m=triples(finite), intensity=powers),
)
sensors = st.builds(
    SensorSpec,
    exposure_ev=finite,
    tone_curve=st.sampled_from(["filmic", "linear"]),
    read_noise=below_1,
    shot_noise=below_1,
    noise_seed=st.integers(0, 2**32 - 1),
)
cameras = st.builds(
    CameraSpec,
    name=text,
    width=st.integers(1, 9999),
    height=st.integers(1, 9999),
    fx=positive,
    fy=positive,
    cx=finite,
    cy=finite,
    world_from_camera=poses,
    near_m=st.floats(0, 1, exclude_min=True),
    far_m=st.floats(1, exclude_min=True, allow_infinity=False),
    sensor=sensors,
)
environments = st.builds(EnvironmentSpec, sky=powers, ground=powers, background_top=st.none() | powers, background_bottom=st.none() | powers)
scenes = st.builds(
    SceneSpec,
    bodies=st.lists(bodies, max_size=3, unique_by=lambda b: b.name).map(tuple),
    lights=st.lists(lights, max_size=3).map(tuple),
    cameras=st.lists(cameras, max_size=2, unique_by=lambda c: c.name).map(tuple),
    environment=environments,
    physics=st.builds(PhysicsSpec, gravity_m_s2=triples(finite), time_step_s=st.floats(1e-6, 0.05), rest_speed_m_s=positive),
    notes=st.lists(st.tuples(text, text), max_size=2).map(tuple),
)


@given(scenes)
def test_any_scene_survives_json_text(scene):
    again = from_json(SceneSpec, json.loads(json.dumps(to_json(scene), allow_nan=False)))
    assert again == scene
    assert hash(again) == hash(scene)
    # Equality takes -0.0 for 0.0 and 1 for 1.0; the texts do not.
    assert repr(again) == repr(scene)


@given(finite)
def test_floats_survive_to_the_last_bit(x):
    pose = Pose((x, -x, 0.0))
    assert [v.hex() for v in from_json(Pose, json.loads(json.dumps(to_json(pose)))).position_m] == [x.hex(), (-x).hex(), (0.0).hex()]


@given(
    st.sampled_from([SceneSpec, Pose, BodySpec, CameraSpec, MaterialSpec]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["kind", "name", "shape", "bodies", "lights", "position_m", "texture", "mass_kg", "k"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    ),
)
def test_whatever_is_read_is_valid_or_a_fault(cls, document):
    """Plans are untrusted: no document may cause any other error, and what is accepted is of its class."""
    try:
        value = from_json(cls, document)
    except InvalidDocument as error:
        value, faults = None, error.faults
    else:
        faults = []
    assert all(isinstance(fault, str) and fault for fault in faults)
    assert bool(faults) != isinstance(value, cls)
    assert faults or from_json(cls, to_json(value)) == value


# --- the form ---


def test_defaults_may_be_left_out():
    assert from_json(SceneSpec, {}) == SceneSpec()
    assert from_json(SceneSpec, {"bodies": [{"name": "a", "shape": {"kind": "sphere", "radius_m": 1}}]}).bodies == (
        BodySpec(name="a", shape=SphereShape(radius_m=1.0)),
    )


def test_members_of_a_union_carry_their_kind():
    assert to_json(SphereShape(radius_m=0.5)) == {"kind": "sphere", "radius_m": 0.5, "segments": 48}
    assert to_json(Pose()) == {"position_m": [0.0, 0.0, 0.0], "rotation_wxyz": [1.0, 0.0, 0.0, 0.0]}


def test_whole_numbers_are_read_as_floats_where_floats_belong():
    mass = from_json(BodySpec, {"name": "a", "shape": {"kind": "sphere", "radius_m": 1}, "mass_kg": 2}).mass_kg
    assert (mass, type(mass)) == (2.0, float)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_json_has_no_infinity(value):
    with pytest.raises(InvalidValue, match=f"{value} cannot be written as JSON"):
        to_json({"a": [value]})


def test_what_has_no_json_form_is_refused():
    with pytest.raises(TypeError, match="no JSON form for set"):
        to_json((1, {2}))


@dataclass(frozen=True)
class Money:
    """A class with a form of its own."""

    cents: int

    def to_json_value(self) -> str:
        return f"{self.cents} ct"

    @classmethod
    def from_json_value(cls, value: Any, path: str) -> "Money":
        if value == "many":
            raise InvalidDocument([f"{path}: first", f"{path}: second"])
        if not (isinstance(value, str) and value.endswith(" ct")):
            raise InvalidValue(f"expected cents, got {value!r}")
        return cls(int(value.removesuffix(" ct")))


@dataclass(frozen=True, kw_only=True)
class Cat:
    kind: ClassVar[str] = "cat"
    lives: int = 9


@dataclass(frozen=True, kw_only=True)
class Dog:
    kind: ClassVar[str] = "dog"
    good: bool = True


@dataclass(frozen=True, kw_only=True)
class Shop:
    pets: tuple[Cat | Dog, ...] = ()
    star: Cat | Dog | None = None
    house: Cat = Cat()
    till: Money = Money(0)
    mood: Literal["calm", "busy"] = "calm"
    size: tuple[float, float] = (1.0, 1.0)
    stock: dict[str, int] = field(default_factory=dict)
    sign: str | int = ""
    title: str = ""
    extra: Any = None
    owner: str


@pytest.mark.parametrize(
    "shop",
    [
        Shop(owner="a"),
        Shop(
            owner="a",
            pets=(Cat(lives=3), Dog(good=False)),
            star=Dog(),
            till=Money(50),
            mood="busy",
            stock={"hay": 2, "": 0},
            sign=3,
            extra=[1, {"a": None}],
        ),
        Shop(owner="a", sign="3", star=None),
    ],
)
def test_every_kind_of_field_goes_both_ways(shop):
    assert from_json(Shop, json.loads(json.dumps(to_json(shop)))) == shop


# --- every fault, with its place ---

FAULTS = [
    ({"colour": 1}, 'Shop has no field "colour". Known: extra, house, mood, owner, pets, sign, size, star, stock, till, title.'),
    (
        {"moods": "busy"},
        'Shop has no field "moods". Did you mean "mood"? Known: extra, house, mood, owner, pets, sign, size, star, stock, till, title.',
    ),
    ({"mood": "bussy"}, "mood: 'bussy' is not one of the choices. Did you mean \"busy\"? Known: busy, calm."),
    ({"mood": ["busy"]}, "mood: ['busy'] is not one of the choices. Did you mean \"busy\"? Known: busy, calm."),
    ({"title": 3}, "title: expected a text, got 3"),
    ({"size": [1]}, "size: expected 2 values, got 1"),
    ({"size": 3}, "size: expected a list, got 3"),
    ({"size": "12"}, "size: expected a list, got '12'"),
    ({"size": [1, "2"]}, "size[1]: expected a finite number, got '2'"),
    ({"size": [1, True]}, "size[1]: expected a finite number, got True"),
    ({"size": [1, math.nan]}, "size[1]: expected a finite number, got nan"),
    ({"size": [math.inf, 1]}, "size[0]: expected a finite number, got inf"),
    ({"size": [1, None]}, "size[1]: expected a finite number, got None"),
    ({"size": [1, 10**400]}, f"size[1]: expected a finite number, got {10**400}"),
    ({"stock": {"hay": 1.0}}, "stock.hay: expected a whole number, got 1.0"),
    ({"stock": {"hay": True}}, "stock.hay: expected a whole number, got True"),
    ({"stock": []}, "stock: expected a mapping, got []"),
    ({"sign": []}, "sign: expected str or int, got []"),
    ({"till": "5 euro"}, "till: expected cents, got '5 euro'"),
    ({"pets": {}}, "pets: expected a list, got {}"),
    ({"pets": [{"kind": "cat"}, {"kind": "dgo"}]}, 'pets[1]: no kind is named "dgo". Did you mean "dog"? Known: cat, dog.'),
    ({"pets": [{"lives": 3}]}, "pets[0]: no kind is given. Known: cat, dog."),
    ({"pets": [{"kind": ["cat"]}]}, 'pets[0]: no kind is named "[\'cat\']". Did you mean "cat"? Known: cat, dog.'),
    ({"pets": ["cat"]}, "pets[0]: expected Cat or Dog, got 'cat'"),
    ({"pets": [{"kind": "dog", "good": 1}]}, "pets[0].good: expected true or false, got 1"),
    ({"star": {"kind": "cat", "life": 1}}, 'star: Cat has no field "life". Did you mean "lives"? Known: lives.'),
    ({"house": "cat"}, "house: expected a mapping with the fields of Cat, got 'cat'"),
    ({"house": {"kind": "dog"}}, "house.kind: expected 'cat', got 'dog'"),
]


@pytest.mark.parametrize(("document", "fault"), FAULTS, ids=[fault[:40] for _, fault in FAULTS])
def test_a_fault_is_told_with_its_place(document, fault):
    with pytest.raises(InvalidDocument) as caught:
        from_json(Shop, {"owner": "a"} | document)
    assert caught.value.faults == [fault]
    assert str(caught.value) == fault


def test_a_missing_field_is_named():
    with pytest.raises(InvalidDocument, match=r'^Shop needs the field "owner"$'):
        from_json(Shop, {})


def test_what_is_not_a_mapping_at_all():
    with pytest.raises(InvalidDocument, match=r"^plan.yaml: expected a mapping with the fields of Shop, got \[\]$"):
        from_json(Shop, [], source="plan.yaml")


def test_a_class_of_its_own_form_may_tell_many_faults():
    with pytest.raises(InvalidDocument) as caught:
        from_json(Shop, {"owner": "a", "till": "many"})
    assert caught.value.faults == ["till: first", "till: second"]


def test_all_faults_are_told_in_the_order_of_the_document():
    document = {"title": 1, "pets": [{"kind": "cat", "lives": "x"}, {"kind": "cow"}], "colour": 1, "size": [1, 2, 3]}
    with pytest.raises(InvalidDocument) as caught:
        from_json(Shop, document, source="shop.yaml")
    assert [fault.partition(": ")[0] for fault in caught.value.faults] == ["shop.yaml"] * 6
    assert [fault.split(": ")[1].split(" ")[0] for fault in caught.value.faults] == ["title", "pets[0].lives", "pets[1]", "Shop", "size", "Shop"]
    assert isinstance(caught.value, DioramaError)


def test_a_value_that_makes_no_sense_is_told_with_its_place():
    bodies = [{"name": "a", "shape": {"kind": "sphere", "radius_m": 1}}, {"name": "b", "shape": {"kind": "box", "size_m": [1, -1, 1]}}]
    with pytest.raises(InvalidDocument) as caught:
        from_json(SceneSpec, {"bodies": bodies}, source="scene.json")
    assert caught.value.faults == ["scene.json: bodies[1].shape: BoxShape: size_m must be positive, got (1.0, -1.0, 1.0)"]
