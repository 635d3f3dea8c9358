"""Scenes over time: each picture is one of the scene as it is at its moment, and the set is the same bytes however it is made."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_set import tree
from yard import COUNT, FPS, FRAMES, VIEWS, Yard, quiet, yard_plan

import diorama
from diorama.plan import default_plan
from diorama.run import generate_dataset
from diorama.run.replay import replay_picture
from diorama.scenes import SCENARIOS
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Sample
from diorama.sim.render import open_renderer
from diorama.sim.transforms import apply, compose, invert, project

CHANNELS = ("rgb", "depth", "instance", "flow_forward")
COMMAND = [sys.executable, "-m", "diorama.cli", "generate", f"{Path(__file__).parent / 'yard.py'}:Yard", "--count", str(COUNT)]
COMMAND += ["--frames", str(FRAMES), "--fps", "10", "--views", str(VIEWS), "--set", "view_interval_s=0", "--resolution", "96x72"]


@pytest.fixture(scope="module", autouse=True)
def _registered():
    if "yard" not in SCENARIOS.names():
        SCENARIOS.register("yard", Yard)


@pytest.fixture(scope="module")
def plan():
    return yard_plan(channels=("flow_forward",))


@pytest.fixture(scope="module")
def studio(plan):
    with diorama.Studio(plan) as studio:
        yield studio


@pytest.fixture(scope="module")
def sample(plan, studio):
    return diorama.generate(plan, 0, 0, studio=studio)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Three scenes: two of six pictures, and three of the last one's, which end in the middle of a frame."""
    folder = tmp_path_factory.mktemp("sequences") / "set"
    generate_dataset(yard_plan(), seed=0, count=COUNT, out=folder)
    return folder


def arrays(sample: Sample) -> list[bytes]:
    return [getattr(f, name).tobytes() for f in sample.frames for name in ("rgb", "depth_m", "instance", "flow_forward")]


def test_pictures_are_counted_frame_by_frame(sample):
    moments = [(0, 0.0), (0, 0.0), (1, 0.1), (1, 0.1), (2, 0.2), (2, 0.2)]
    assert [(sample.numbered(i)[0], f.camera.time_s) for i, f in enumerate(sample.frames)] == moments
    assert [sample.numbered(i)[1] for i in range(6)] == [0, 1] * 3
    assert [c.name for c in sample.spec.cameras] == [f"frame-{frame}/view-{view}" for frame in range(3) for view in range(2)]
    assert {f.camera.flow_s for f in sample.frames} == {0.1}


def test_each_picture_is_of_the_scene_at_its_moment(sample, studio):
    """Pixel for pixel what a renderer makes of the snapshot that has never seen another."""
    for i, frame in enumerate(sample.frames):
        now = sample.at(i)
        assert now == sample.spec.at(frame.camera.time_s, over_s=1 / FPS)
        with open_renderer("raster", studio.library) as renderer:
            renderer.load(now)
            alone = renderer.render(frame.camera, CHANNELS)
        for name in ("rgb", "depth_m", "instance", "flow_forward"):
            assert np.array_equal(getattr(alone, name), getattr(frame, name), equal_nan=True), (i, name)
    shapes = [sample.at(i).body("crate-2").shape.size_m[2] for i in range(0, 6, 2)]
    assert shapes == [1.2, 1.7, 1.7]
    assert [dict(sample.at(i).body("van").attributes)["lights"] for i in range(0, 6, 2)] == ["off", "off", "on"]


def test_flow_leads_to_the_next_frame(sample):
    """Each point of each body is seen there in the next frame, in which bodies and the camera are where their tracks say."""
    bodies = 0
    for i, frame in enumerate(sample.frames[: -sample.views]):
        later, camera = sample.frames[i + sample.views], frame.camera
        v, u = np.mgrid[0 : camera.height, 0 : camera.width] + 0.5
        depth = frame.depth_m.astype(float)
        for b, (body, then) in enumerate(zip(sample.at(i).bodies, sample.at(i + sample.views).bodies, strict=True)):
            seen = frame.instance == b + 1
            if not seen.any():
                continue
            x, y = (u[seen] - camera.cx) / camera.fx, (v[seen] - camera.cy) / camera.fy
            now = np.stack([x * depth[seen], y * depth[seen], depth[seen]], axis=1)
            chain = (invert(later.camera.world_from_camera.matrix), then.world_from_body.matrix, invert(body.world_from_body.matrix))
            there = apply(compose(*chain, camera.world_from_camera.matrix), now)
            expected = project(camera.k, there) - np.stack([u[seen], v[seen]], axis=1)
            found = frame.flow_forward[seen]
            both = np.isfinite(expected).all(axis=1) & (there[:, 2] > 0.1)
            assert np.abs(found - expected)[both].max() < 0.05, body.name
            bodies += body.category == "crate"
    assert bodies >= 8


def test_mounted_cameras_stay_where_they_are_mounted(sample):
    mounts = [
        compose(invert(sample.at(i).body("van").world_from_body.matrix), frame.camera.world_from_camera.matrix)
        for i, frame in enumerate(sample.frames)
    ]
    for view in range(VIEWS):
        for mount in mounts[view::VIEWS]:
            assert np.allclose(mount, mounts[view], atol=1e-9)
    assert not np.allclose(mounts[0], mounts[1], atol=0.1)


def test_velocities_lead_to_the_next_frame(sample):
    seen = 0
    for i, frame in enumerate(sample.frames[: -sample.views]):
        labels, turn = sample.annotations[i], invert(frame.camera.world_from_camera.matrix)[:3, :3]
        for row, index in enumerate(labels.body_index.tolist()):
            now, then = (np.array(sample.at(k).bodies[index].world_from_body.position_m) for k in (i, i + sample.views))
            assert labels.velocity_m_s[row] == pytest.approx(turn @ (then - now) * FPS, abs=1e-9)
            assert labels.attributes[row] == sample.at(i).bodies[index].attributes
            seen += bool(labels.angular_rad_s[row].any())
    assert seen


def test_noise_is_another_in_each_picture_and_the_rest_is_drawn_once(sample, plan):
    seeds = [f.camera.sensor.noise_seed for f in sample.frames]
    assert len(set(seeds)) == len(seeds)
    assert len({replace(f.camera.sensor, noise_seed=0) for f in sample.frames[::VIEWS]}) == 1
    assert set(sample.provenance.draws) == {f"view-{v}/{r}" for v in range(VIEWS) for r in ("camera-rig", "sensor")}


def test_a_still_scene_is_still(studio):
    """Where nothing moves, frames differ by their noise alone."""
    plan = quiet(default_plan("tabletop", resolution=(64, 48), views=1, frames=2))
    one, two = diorama.generate(plan, 0, 0).frames
    assert np.array_equal(one.rgb, two.rgb)
    assert np.array_equal(one.depth_m, two.depth_m)


def test_draws_do_not_know_how_long_the_scene_is_watched(sample, studio, plan):
    for frames in (1, 5):
        other = diorama.generate(replace(plan, frames=frames), 0, 0, studio=studio, pictures=2)
        assert {k: v for k, v in other.provenance.draws.items() if "rig" in k} == {k: v for k, v in sample.provenance.draws.items() if "rig" in k}
        assert other.spec.bodies == sample.spec.bodies


def test_made_twice_and_after_others(plan, studio, sample):
    for index in (2, 1):
        diorama.generate(plan, 0, index, studio=studio)
    assert arrays(diorama.generate(plan, 0, 0, studio=studio)) == arrays(sample)
    assert arrays(diorama.generate(plan, 0, 0)) == arrays(sample)
    some = diorama.generate(plan, 0, 0, studio=studio, pictures=3)
    assert arrays(some) == arrays(sample)[: 3 * 4]


def test_replayed(plan, studio, sample):
    came = sample.provenance
    record = json.loads(json.dumps({"attempts": came.attempts, "draws": diorama.to_json(dict(came.draws))}))
    again = diorama.studio.replay(plan, 0, 0, **record, studio=studio)
    assert again.spec == sample.spec
    assert arrays(again) == arrays(sample)


def test_views_one_after_the_other_see_the_scene_move(studio):
    plan = yard_plan(frames=1, view_interval_s=0.1)
    sample = diorama.generate(plan, 0, 0)
    assert [f.camera.time_s for f in sample.frames] == [0.0, 0.1]
    assert sample.at(0).body("van") != sample.at(1).body("van")


def test_only_the_first_frame_has_to_show_something(studio):
    """Later the van has driven past the crates: nothing to see, and nothing wrong with that."""
    plan = yard_plan(frames=40, fps=2, views=1)
    sample = diorama.generate(plan, 0, 0)
    assert len(sample.annotations[0]) > 0
    assert any(len(labels) == 0 for labels in sample.annotations)


# --- data sets ---


def test_what_happens_is_recorded(dataset):
    for scene in range(3):
        head = json.loads((dataset / f"records/{scene:06d}.jsonl").read_text().splitlines()[0])
        (event,) = head["events"]
        assert (event["time_s"], event["kind"], event["bodies"]) == (0.1, "opens", ["crate-2"])
    labels = json.loads((dataset / "annotations/instances.json").read_text())
    crates = {label["image_id"]: label["track_id"] for label in labels["annotations"] if label["body"] == "crate-2"}
    assert [event["track_ids"] for event in labels["events"]] == [[4 + 1], [10_005], [20_005]]
    assert set(crates.values()) <= {5, 10_005, 20_005}


def test_the_last_scene_has_the_pictures_that_were_due(dataset):
    images = json.loads((dataset / "annotations/instances.json").read_text())["images"]
    assert [(i["scene"], i["frame"], i["view"]) for i in images] == [divmod(n, 6)[:1] + divmod(n % 6, 2) for n in range(COUNT)]
    assert [i["time_s"] for i in images] == [n % 6 // 2 / 10 for n in range(COUNT)]


@pytest.mark.parametrize("index", [0, 3, 14])
def test_a_picture_of_a_set_replayed(dataset, index):
    made = replay_picture(dataset, index)
    assert made.is_exact
    assert len(made.files) == (6 if index == 14 else 12)


def test_one_view_changed_is_changed_in_all_frames(dataset):
    made = replay_picture(dataset, 3, changes=("sensor.sensor.exposure_ev=1.5",))
    changed = {path for path in made.files if path not in made.same}
    assert changed == {f"images/{n:06d}.jpg" for n in (1, 3, 5)}


def test_made_by_the_command_and_two_workers(dataset, tmp_path):
    done = subprocess.run([*COMMAND, "--out", str(tmp_path / "set"), "--workers", "2"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "set") == tree(dataset)


SUICIDE = """
import os, signal, sys
from diorama.cli import main
rename = os.rename
def fatal(source, target, **folders):
    if target == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    rename(source, target, **folders)
os.rename = fatal
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("target", ["000009.jpg", "000001.jsonl"])
def test_killed_in_the_middle_of_a_sequence_and_gone_on_with(dataset, tmp_path, target):
    out = tmp_path / "set"
    command = [sys.executable, "-c", SUICIDE, target, *COMMAND[3:], "--out", str(out), "--workers", "1"]
    assert subprocess.run(command, capture_output=True, check=False, timeout=120).returncode == -signal.SIGKILL
    assert len(list((out / "records").glob("0*.jsonl"))) == 1
    generate_dataset(yard_plan(), seed=0, count=COUNT, out=out, resume=True)
    assert tree(out) == tree(dataset)


def test_a_lost_picture_is_made_again(dataset, tmp_path):
    out = shutil.copytree(dataset, tmp_path / "set")
    (out / "images/000010.jpg").unlink()
    generate_dataset(yard_plan(), seed=0, count=COUNT, out=out, resume=True)
    assert tree(out) == tree(dataset)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"frames": 0}, "frames must be 1 or more"),
        ({"fps": 0}, "fps must be positive"),
        ({"fps": float("nan")}, "fps must be positive"),
        ({"view_interval_s": -1}, "view_interval_s must be 0 or more"),
        ({"view_interval_s": float("inf")}, "view_interval_s must be 0 or more"),
    ],
)
def test_refused_settings(settings, said):
    with pytest.raises(InvalidValue, match=said):
        yard_plan(**settings)


def test_how_long_a_scene_is_watched():
    assert yard_plan(frames=1, views=1).duration_s == pytest.approx(1 / 30)
    assert yard_plan(frames=3, fps=10, view_interval_s=0.0).duration_s == pytest.approx(0.3)
    assert yard_plan(frames=3, fps=10, views=2, view_interval_s=0.5).duration_s == pytest.approx(0.8)
