"""What COCO's file says of people's joints, of things that go on from picture to picture, and of what happens."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hand_made import discs, sample
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from diorama.exporters.base import Dataset
from diorama.exporters.coco import Coco
from diorama.sim import keypoints
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, Motion
from diorama.sim.spec.tracks import Event
from diorama.sim.transforms import invert

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning", "ignore:Conversion of an array:DeprecationWarning")

DATASET = Dataset(categories=(("can", "container"), ("person", "person")), info={"seed": 0})


def street(index=0, frames=3):
    """A sample of people and cans, of a view in some frames."""
    rng = Seed(3).child("street", index).rng()
    made = sample([discs(rng) for _ in range(frames)], index=index)
    spec = made.spec
    bodies = tuple(replace(b, category={"box": "person", "mug": "person"}.get(b.category, b.category)) for b in spec.bodies)
    labels = []
    for label in made.annotations:
        people = np.array([bodies[i].category == "person" for i in label.body_index])
        found = rng.integers(0, 3, size=(len(label), 17, 1)) * people[:, None, None]
        points = np.concatenate([rng.uniform(1, 47, size=(len(label), 17, 2)) * (found > 0), found.astype(float)], axis=2)
        attributes = tuple((("state", "red"),) if b == 2 else () for b in label.body_index)
        labels.append(replace(label, keypoints=points, velocity_m_s=rng.normal(size=(len(label), 3)), attributes=attributes))
    return replace(made, spec=replace(spec, bodies=bodies), annotations=tuple(labels), views=1)


@pytest.fixture(scope="module")
def samples():
    return [street(i) for i in range(3)]


def merged(samples):
    records = [json.loads(json.dumps(r)) for s in samples for r in Coco().encode(s, s.index * 3, DATASET).records]
    ((_, chunks),) = Coco().finalize(lambda: iter(records), DATASET)
    return json.loads(b"".join(chunks))


@pytest.fixture(scope="module")
def document(samples):
    return merged(samples)


def test_evaluated_on_itself_keypoints_are_perfect(document, tmp_path, capsys):
    (tmp_path / "all.json").write_text(json.dumps(document))
    coco = COCO(str(tmp_path / "all.json"))
    person = coco.getCatIds(catNms=["person"])
    labels = [a for a in coco.loadAnns(coco.getAnnIds(catIds=person)) if a["num_keypoints"]]
    assert len(labels) > 5
    # COCO leaves objects below 32 x 32 pixels out of this.
    for label in coco.dataset["annotations"]:
        label["area"] = label["area"] + 1024
    evaluation = COCOeval(coco, coco.loadRes([{**a, "score": 0.9} for a in labels]), "keypoints")
    evaluation.params.catIds = person
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    capsys.readouterr()
    assert evaluation.stats[0] == pytest.approx(1.0)
    assert evaluation.stats[5] == pytest.approx(1.0)


def test_people_have_keypoints_and_cans_have_none(samples, document):
    can, person = document["categories"]
    assert "keypoints" not in can
    assert tuple(person["keypoints"]) == keypoints.NAMES
    assert sorted({joint for bone in person["skeleton"] for joint in bone}) == list(range(1, 18))
    labels = iter(document["annotations"])
    for made in samples:
        for found in made.annotations:
            for row in range(len(found)):
                label = next(labels)
                if label["category_id"] == can["id"]:
                    assert "keypoints" not in label
                    continue
                assert np.reshape(label["keypoints"], (17, 3)) == pytest.approx(found.keypoints[row], abs=1e-8)
                assert label["num_keypoints"] == (found.keypoints[row, :, 2] > 0).sum()
                assert all(isinstance(v, int) for v in label["keypoints"][2::3])


def test_tracks_are_bodies_of_scenes(document):
    images = {image["id"]: image for image in document["images"]}
    whose: dict[int, set] = {}
    for label in document["annotations"]:
        whose.setdefault(label["track_id"], set()).add((images[label["image_id"]]["scene"], label["body"]))
    assert all(len(bodies) == 1 for bodies in whose.values())
    assert len(whose) == len(set.union(*whose.values()))
    assert [(image["scene"], image["frame"], image["view"]) for image in images.values()] == [(s, f, 0) for s in range(3) for f in range(3)]


def test_motion_and_attributes(samples, document):
    labels = iter(document["annotations"])
    for made in samples:
        for found in made.annotations:
            for row, index in enumerate(found.body_index.tolist()):
                label = next(labels)
                assert label["velocity_m_s"] == pytest.approx(found.velocity_m_s[row])
                assert label["attributes"] == ({"state": "red"} if index == 2 else {})


def test_the_cameras_own_motion(samples):
    made = samples[0]
    frame = made.frames[0]
    motion = Motion((1.0, 2.0, 3.0), (0.1, 0.2, 0.3))
    moving = replace(made, frames=(replace(frame, camera=replace(frame.camera, motion=motion)), *made.frames[1:]))
    first, second = merged([moving])["images"][:2]
    turn = invert(frame.camera.world_from_camera.matrix)[:3, :3]
    assert first["camera_velocity_m_s"] == pytest.approx(turn @ motion.linear_m_s)
    assert first["camera_angular_rad_s"] == pytest.approx(turn @ motion.angular_rad_s)
    assert second["camera_velocity_m_s"] == [0.0, 0.0, 0.0]


def test_events(samples):
    events = (
        Event(time_s=0.25, kind="collision", bodies=("object-0", "object-2"), position_m=(1.0, 2.0, 0.5), details=(("speed", "3.1"),)),
        Event(time_s=0.5, kind="skid"),
    )
    document = merged([samples[0], replace(samples[1], spec=replace(samples[1].spec, events=events)), samples[2]])
    one, two = document["events"]
    assert one == {
        "scene": 1,
        "time_s": 0.25,
        "kind": "collision",
        "bodies": ["object-0", "object-2"],
        "track_ids": [10_002, 10_004],
        "position_m": [1.0, 2.0, 0.5],
        "details": {"speed": "3.1"},
    }
    assert (two["kind"], two["bodies"], two["position_m"]) == ("skid", [], None)


def test_scenes_of_too_many_bodies(samples):
    many = tuple(BodySpec(name=f"b{i}", shape=BoxShape(size_m=(1, 1, 1))) for i in range(10_000))
    with pytest.raises(InvalidValue, match="has 10000 bodies; ids leave room for 9999"):
        Coco().encode(replace(samples[0], spec=replace(samples[0].spec, bodies=many)), 0, DATASET)
