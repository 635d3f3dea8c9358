"""Episodes written for LeRobot, read back by pyarrow and a video decoder."""

import hashlib
import json
from itertools import islice

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diorama
from diorama.datasets import lerobot
from diorama.datasets.episodes import Episode, record_episodes
from diorama.datasets.lerobot import Report, write_lerobot
from diorama.datasets.moments import QUANTILES, Levels, Moments
from diorama.sim.seeds import Seed

FPS = 20
CAMERA = "observation.images.rgb"


class Slide:
    """A square that is pushed to the right until it is at the edge. Some episodes begin with one that is stuck."""

    def reset(self, *, seed, options):
        self.number = options["episode"]
        self.rng = Seed(seed).child("episode", self.number).rng()
        self.x, self.y, self.stuck = 4.0, int(self.rng.integers(4, 30)), self.number % 3 == 1
        return self.seen(), {}

    def seen(self):
        picture = np.full((48, 64, 3), 90, np.uint8)
        picture[:, :, 1] = np.arange(64) * 2
        picture[self.y : self.y + 12, int(self.x) : int(self.x) + 12] = (220, 40, 60)
        return {"rgb": picture, "proprioception": np.array([self.x, self.y], np.float32), "goal": np.array([50.0], np.float32)}

    def step(self, action):
        self.x += 0.0 if self.stuck else float(action[0])
        done = self.x >= 50
        return self.seen(), self.x / 50, done, False, {"is_success": done}


def pusher(env):
    return lambda: np.array([2 + 3 * env.rng.random(), 0.0], np.float32)


def episodes(**settings):
    return record_episodes(Slide(), pusher, **{"seed": 5, "task": lambda env: f"Push row {env.y % 2}", "max_steps": 30} | settings)


def take(count, **settings):
    """The first that succeed."""
    return list(islice((episode for episode in episodes(**settings) if episode.success), count))


def pictures(path):
    with av.open(str(path)) as file:
        return [(float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24")) for frame in file.decode(video=0)]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("lerobot") / "set"
    report = write_lerobot(episodes(), out, fps=FPS, count=4, robot="square", names={"action": ["right", "down"]})
    return out, report


def test_failures_are_left_out_and_counted(written):
    _, report = written
    assert report == Report(episodes=4, steps=sum(len(e) for e in take(4)), failed=2)


def test_what_there_is_is_said(written):
    out, report = written
    info = json.loads((out / "meta/info.json").read_text())
    assert (info["codebase_version"], info["robot_type"], info["fps"]) == ("v3.0", "square", FPS)
    assert (info["total_episodes"], info["total_frames"], info["splits"]) == (4, report.steps, {"train": "0:4"})
    table = pq.read_table(out / info["data_path"].format(chunk_index=0, file_index=0))
    shapes = {name: (feature["dtype"], feature["shape"]) for name, feature in info["features"].items()}
    assert shapes[CAMERA] == ("video", [48, 64, 3])
    assert info["features"]["action"] == {"dtype": "float32", "shape": [2], "names": ["right", "down"]}
    assert set(table.column_names) == set(shapes) - {CAMERA}
    for name in table.column_names:
        column = table[name].combine_chunks()
        values = column if shapes[name][1] == [1] else column.flatten()  # one number is no list, or LeRobot refuses the table
        assert str(values.type).replace("float", "float32").replace("float3232", "float32") == shapes[name][0]
        assert len(values) == report.steps * shapes[name][1][0]


def test_rows_are_the_steps(written):
    out, report = written
    table = pq.read_table(out / "data/chunk-000/file-000.parquet").to_pydict()
    told = pq.read_table(out / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    tasks = pq.read_table(out / "meta/tasks.parquet").to_pydict()
    assert table["index"] == list(range(report.steps))
    for number, (episode, row) in enumerate(zip(take(4), told, strict=True)):
        rows = slice(row["dataset_from_index"], row["dataset_to_index"])
        assert row["episode_index"] == number
        assert row["length"] == len(episode) == rows.stop - rows.start
        assert table["episode_index"][rows] == [number] * len(episode)
        assert table["frame_index"][rows] == list(range(len(episode)))
        assert table["timestamp"][rows] == pytest.approx(np.arange(len(episode)) / FPS, abs=1e-6)
        for name in ("observation.state", "observation.goal", "action", "next.reward", "next.done", "next.success"):
            assert np.array_equal(np.array(table[name][rows]).reshape(episode.steps[name].shape), episode.steps[name])
        assert table["next.done"][rows] == [False] * (len(episode) - 1) + [True]
        assert row["tasks"] == [episode.task] == [tasks["task"][i] for i in set(table["task_index"][rows])]
    assert tasks["task_index"] == list(range(len(tasks["task"])))
    assert 1 < len(tasks["task"]) < 4


def test_videos_show_what_was_rendered(written):
    out, report = written
    video = pictures(out / f"videos/{CAMERA}/chunk-000/file-000.mp4")
    assert len(video) == report.steps
    for episode, row in zip(take(4), pq.read_table(out / "meta/episodes/chunk-000/file-000.parquet").to_pylist(), strict=True):
        first = round(row[f"videos/{CAMERA}/from_timestamp"] * FPS)
        assert row[f"videos/{CAMERA}/to_timestamp"] == pytest.approx((first + len(episode)) / FPS)
        for step, picture in enumerate(episode.steps[CAMERA]):
            time_s, shown = video[first + step]
            assert time_s == pytest.approx(row[f"videos/{CAMERA}/from_timestamp"] + step / FPS, abs=1e-4)
            error = np.mean((shown.astype(float) - picture) ** 2)
            assert 10 * np.log10(255**2 / error) > 28, "colours are at half the resolution"
            others = [np.mean((shown.astype(float) - p) ** 2) for p in episode.steps[CAMERA]]
            assert error == min(others), "and it is this picture rather than another of its episode"


def test_single_pictures_are_found_from_anywhere(written):
    """As a loader that trains on single steps does: by seeking."""
    out, report = written
    path = out / f"videos/{CAMERA}/chunk-000/file-000.mp4"
    whole = pictures(path)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        for index in (report.steps - 1, 7, 20, 0):
            file.seek(round(index / FPS / stream.time_base), stream=stream)
            found = list(islice(file.decode(stream), 2))  # every second picture is whole
            (frame,) = (frame for frame in found if round(float(frame.pts * frame.time_base) * FPS) == index)
            assert np.array_equal(frame.to_ndarray(format="rgb24"), whole[index][1])


def statistics(rows):
    values = np.concatenate(rows).astype(np.float64)
    values = values.reshape(len(values), -1)
    shares = {name: np.quantile(values, share, axis=0) for name, share in (("q01", 0.01), ("q10", 0.1), ("q50", 0.5), ("q90", 0.9), ("q99", 0.99))}
    return {"min": values.min(0), "max": values.max(0), "mean": values.mean(0), "std": values.std(0), "count": [len(values)]} | shares


def test_stats_are_those_of_all_rows_and_of_each_episode(written):
    out, _ = written
    stats = json.loads((out / "meta/stats.json").read_text())
    told = pq.read_table(out / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    kept = take(4)
    for name in kept[0].steps:
        columns = [e.steps[name].reshape(-1, 3) / 255 if name == CAMERA else e.steps[name] for e in kept]
        for found, wanted in [(stats[name], statistics(columns)), *((told[i], statistics([c])) for i, c in enumerate(columns))]:
            for what, value in wanted.items():
                ours = np.array(found[what] if what in found else found[f"stats/{name}/{what}"])
                assert ours.shape == ((3, 1, 1) if name == CAMERA and what != "count" else np.shape(value))
                assert ours.reshape(-1) == pytest.approx(value, rel=1e-9, abs=1e-12)
    assert stats["index"]["max"] == [sum(len(e) for e in kept) - 1]


def test_the_same_bytes_again(written, tmp_path):
    out, _ = written
    write_lerobot(episodes(), tmp_path / "again", fps=FPS, count=4, robot="square", names={"action": ["right", "down"]})

    def digests(folder):
        return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.rglob("*") if f.is_file()}

    assert digests(tmp_path / "again") == digests(out)
    assert len(digests(out)) == 7


def test_full_files_are_followed_by_others(tmp_path, monkeypatch):
    """Each with its own start of time, and all rows are there once."""
    monkeypatch.setattr(lerobot, "_DATA_MB", 0)
    monkeypatch.setattr(lerobot, "_VIDEO_MB", 0)
    monkeypatch.setattr(lerobot, "_CHUNK_FILES", 2)
    report = write_lerobot(episodes(), tmp_path / "set", fps=FPS, count=3)
    told = pq.read_table(tmp_path / "set/meta/episodes/chunk-000/file-000.parquet").to_pylist()
    assert [(row["data/chunk_index"], row["data/file_index"]) for row in told] == [(0, 0), (0, 1), (1, 0)]
    for row, episode in zip(told, take(3), strict=True):
        place = {"chunk_index": row[f"videos/{CAMERA}/chunk_index"], "file_index": row[f"videos/{CAMERA}/file_index"]}
        assert row[f"videos/{CAMERA}/from_timestamp"] == 0
        assert len(pictures(tmp_path / "set" / lerobot.VIDEO_PATH.format(video_key=CAMERA, **place))) == len(episode)
    files = sorted((tmp_path / "set/data").rglob("*.parquet"))
    assert sum(pq.read_metadata(file).num_rows for file in files) == report.steps


def test_nothing_is_left_of_what_fails(tmp_path):
    def broken():
        yield from take(1)
        raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        write_lerobot(broken(), tmp_path / "set", fps=FPS)
    with pytest.raises(diorama.TooManyRejections, match="50 episodes in a row failed, after 0"):
        write_lerobot(episodes(max_steps=3), tmp_path / "set", fps=FPS)
    with pytest.raises(diorama.InvalidValue, match="there is no episode to write: 0 failed"):
        write_lerobot([], tmp_path / "set", fps=FPS)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_touched(tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path, tmp_path / "file"):
        with pytest.raises(diorama.OutputError, match=r"is there already, and holds no set .* Nothing in it was touched"):
            write_lerobot(take(1), out, fps=FPS)
    (tmp_path / "empty").mkdir()
    write_lerobot(take(1), tmp_path / "empty", fps=FPS)
    assert (tmp_path / "empty/meta/info.json").is_file()


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_earlier_set_is_replaced_and_nothing_else(tmp_path):
    write_lerobot(take(2), tmp_path / "fresh", fps=FPS)
    out = tmp_path / "set"
    renamed = [Episode(task="", success=True, steps={"observation.images.old": e.steps[CAMERA], "action": e.steps["action"]}) for e in take(1)]
    write_lerobot(renamed, out, fps=FPS)
    before = files(out)
    assert any("observation.images.old" in name for name in before)
    with pytest.raises(diorama.OutputError, match="it holds a set of episodes"):
        write_lerobot(take(2), out, fps=FPS)
    (out / "meta/notes.txt").write_text("mine")
    with pytest.raises(diorama.InvalidValue, match="no episode"):
        write_lerobot([], out, fps=FPS, overwrite=True)
    assert files(out) == before | {"meta/notes.txt": b"mine"}
    write_lerobot(take(2), out, fps=FPS, overwrite=True)
    assert files(out) == files(tmp_path / "fresh") | {"meta/notes.txt": b"mine"}
    assert not (out / "videos/observation.images.old").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "set"]


def test_what_no_set_wrote_is_never_replaced(tmp_path):
    out = tmp_path / "set"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(diorama.OutputError, match="holds no set of episodes that Diorama wrote"):
        write_lerobot(take(1), out, fps=FPS, overwrite=True)
    for forged in ('{"files": ["thesis.txt"]}', '{"files": ["data/../thesis.txt"]}', '{"files": 3}', "[", "{}"):
        (out / "diorama.json").write_text(forged)
        with pytest.raises(diorama.OutputError, match="damaged"):
            write_lerobot(take(1), out, fps=FPS, overwrite=True)
    (out / "diorama.json").write_text('{"files": []}')
    (out / "data/chunk-000").mkdir(parents=True)
    (out / "data/chunk-000/file-000.parquet").write_text("of somebody else")
    (tmp_path / "elsewhere").mkdir()
    (out / "videos").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(diorama.OutputError, match="is in the way"):
        write_lerobot(take(1), out, fps=FPS, overwrite=True)
    (out / "data/chunk-000/file-000.parquet").unlink()
    with pytest.raises(diorama.OutputError, match="is in the way"):
        write_lerobot(take(1), out, fps=FPS, overwrite=True)
    assert (out / "thesis.txt").read_text() == "years of work"
    assert not list((tmp_path / "elsewhere").iterdir())


def test_episodes_must_be_alike(tmp_path):
    (episode,) = take(1)
    wider = Episode(task="", success=True, steps={**episode.steps, "action": np.zeros((len(episode), 3), np.float32)})
    with pytest.raises(diorama.InvalidValue, match="episode 1 has other shapes"):
        write_lerobot([episode, wider], tmp_path / "set", fps=FPS)
    with pytest.raises(diorama.InvalidValue, match="action has 2 numbers, and there are 1 names"):
        write_lerobot([episode], tmp_path / "set", fps=FPS, names={"action": ["right"]})


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ({"action": np.zeros((0, 2), np.float32)}, "at least one"),
        ({"action": np.zeros((3, 2), np.float32), "next.done": np.zeros(2, bool)}, "as many rows of everything"),
        ({"action": np.zeros((3, 2))}, r"action: expected .* got \(3, 2\) float64"),
        ({"action": np.full((3, 2), np.nan, np.float32)}, "action: holds NaN"),
        ({"action": np.zeros((3, 2), np.float32), CAMERA: np.zeros((3, 4, 6, 1), np.uint8)}, "three channels and even sides"),
        ({"action": np.zeros((3, 2), np.float32), CAMERA: np.zeros((3, 5, 6, 3), np.uint8)}, "three channels and even sides"),
    ],
)
def test_what_is_no_episode(steps, words):
    with pytest.raises(diorama.InvalidValue, match=words):
        Episode(task="", success=True, steps=steps)


def test_depth_is_not_recorded():
    class Deep(Slide):
        def seen(self):
            return super().seen() | {"depth": np.zeros((48, 64, 1), np.uint8)}

    with pytest.raises(diorama.InvalidValue, match=r'"depth" is .* uint8. Leave it out'):
        next(record_episodes(Deep(), pusher, seed=0, task="", max_steps=3))


def test_moments_of_parts_are_those_of_the_whole():
    values = Seed(0).rng().normal(1e4, 1, (100, 3))
    both = Moments.of(values[:31]) + Moments.of(values[31:])
    assert both.mean == pytest.approx(values.mean(0), rel=1e-13)
    assert both.document()["std"] == pytest.approx(values.std(0), rel=1e-9)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=40))
def test_quantiles_of_levels_are_those_of_the_pixels(levels):
    pictures = np.repeat(np.array(levels, np.uint8), 3).reshape(1, 1, -1, 3)
    found = Levels.of(pictures).document()
    for name, share in QUANTILES.items():
        assert np.array(found[name]).reshape(3) == pytest.approx([np.quantile(levels, share) / 255] * 3, rel=1e-12)
