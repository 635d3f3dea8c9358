import json
from dataclasses import replace

import pytest
from fake_pipeline import FakePipeline, fake_plan, fake_run, tree

from diorama.exporters.coco import Coco
from diorama.randomizers.photo_backdrop import PhotoBackdrops
from diorama.run import job as job_module
from diorama.run import local, processes
from diorama.sim.errors import InvalidValue, OutputError, TooManyRejections


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folder that every run below must equal."""
    out = tmp_path_factory.mktemp("undisturbed") / "set"
    fake_run(out)
    return tree(out)


def test_a_run_writes_the_promised_files(undisturbed):
    numbers = range(8)
    assert undisturbed.keys() == {
        *("annotations", "annotations/instances.json", "depth", "images", "plan.json", "records", "records/final.json"),
        *(f"images/{n:06d}.jpg" for n in numbers),
        *(f"depth/{n:06d}.png" for n in numbers),
        *(f"records/{s:06d}.jsonl" for s in range(3)),
    }


def test_the_same_run_gives_the_same_bytes(tmp_path, undisturbed):
    fake_run(tmp_path / "elsewhere" / "again")
    assert tree(tmp_path / "elsewhere" / "again") == undisturbed


def test_two_workers_give_the_same_bytes(tmp_path, undisturbed):
    summary = fake_run(tmp_path, workers=2)
    assert tree(tmp_path) == undisturbed
    assert (summary.images, summary.made) == (8, 8)
    assert summary.worker_rss_mb > 10


def test_another_order_gives_the_same_bytes(tmp_path, undisturbed, monkeypatch):
    def backwards(job, folder, summary, report, check=local._check):
        return check(job, folder, summary, report)[::-1]

    monkeypatch.setattr(local, "_check", backwards)
    fake_run(tmp_path)
    assert tree(tmp_path) == undisturbed


@pytest.mark.parametrize("seed", [1, -1, 2**70])
def test_another_seed_gives_other_pictures(tmp_path, undisturbed, seed):
    fake_run(tmp_path, seed=seed)
    other = tree(tmp_path)
    assert other.keys() == undisturbed.keys()
    assert not [path for path in other if other[path] == undisturbed[path] != "folder"]


def test_a_longer_run_starts_with_the_same_pictures(tmp_path, undisturbed):
    fake_run(tmp_path, count=12)
    longer = tree(tmp_path)
    assert all(longer[path] == digest for path, digest in undisturbed.items() if path.startswith(("images", "depth")))


def test_the_last_scene_takes_only_what_is_due(tmp_path):
    fake_run(tmp_path, count=1)
    head, *lines = [json.loads(line) for line in (tmp_path / "records/000000.jsonl").read_text().splitlines()]
    assert head["images"] == len(lines) == 1
    assert [p.name for p in (tmp_path / "images").iterdir()] == ["000000.jpg"]


def test_the_record_tells_how_a_scene_came_about(tmp_path):
    fake_run(tmp_path)
    head, *lines = [json.loads(line) for line in (tmp_path / "records/000001.jsonl").read_text().splitlines()]
    expected = FakePipeline().generate(fake_plan(), 0, 1, studio=None, pictures=3)
    assert head["scene"] == 1
    assert head["attempts"] == 1
    assert head["rejections"] == {"fell-off": 1}
    assert head["draws"] == expected.provenance.draws
    assert head["objects"] == [len(a) for a in expected.annotations]
    assert set(head["files"]) == {f"{kind}/{n:06d}.{end}" for n in (3, 4, 5) for kind, end in (("images", "jpg"), ("depth", "png"))}
    assert [(line["exporter"], line["record"]["image"]["id"]) for line in lines] == [("coco", 4), ("coco", 5), ("coco", 6)]


def test_nothing_written_tells_of_the_machine_or_the_hour(tmp_path):
    fake_run(tmp_path / "a", pipeline=FakePipeline(pause_s=0.01))
    document = json.loads((tmp_path / "a/annotations/instances.json").read_text())
    assert document["info"].keys() == {"description", "version", "seed"}
    plan = json.loads((tmp_path / "a/plan.json").read_text())
    assert plan.keys() == {"format", "format_version", "seed", "count", "versions", "assets", "plan"}
    text = b"".join(p.read_bytes() for p in (tmp_path / "a").rglob("*.json*"))
    assert str(tmp_path).encode() not in text


def test_the_summary_adds_up(tmp_path):
    seen = []
    summary = fake_run(tmp_path, progress=lambda *step: seen.append(step))
    document = json.loads((tmp_path / "annotations/instances.json").read_text())
    assert (summary.images, summary.made, summary.annotations) == (8, 8, len(document["annotations"]))
    assert summary.objects_per_image == len(document["annotations"]) / 8
    assert summary.rejections == {"fell-off": 1}
    assert {"encode", "write"} <= summary.stages_s.keys()
    assert summary.images_per_s == 8 / summary.wall_s
    assert seen == [
        ("compile", 0, 8),
        ("generate", 0, 8),
        ("generate", 3, 8),
        ("generate", 6, 8),
        ("generate", 8, 8),
        ("merge", 0, 8),
        ("merge", 8, 8),
    ]


def test_resuming_a_finished_run_changes_nothing(tmp_path, undisturbed):
    first = fake_run(tmp_path)
    seen = []
    again = fake_run(tmp_path, resume=True, pipeline=FakePipeline(broken=0), progress=lambda *step: seen.append(step))
    assert tree(tmp_path) == undisturbed
    assert (again.images, again.made, again.annotations, again.rejections) == (8, 0, first.annotations, first.rejections)
    assert [stage for stage, _, _ in seen] == ["check", "check", "check", "merge", "merge"]


def damage_nothing_there(out):
    (out / "images/000004.jpg").unlink()


def damage_cut_short(out):
    path = out / "depth/000004.png"
    path.write_bytes(path.read_bytes()[:-1])


def damage_zeros(out):
    path = out / "images/000004.jpg"
    path.write_bytes(bytes(path.stat().st_size))


def damage_record_cut(out):
    path = out / "records/000001.jsonl"
    path.write_bytes(path.read_bytes()[:-40])


def damage_record_short(out):
    path = out / "records/000001.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def damage_record_zeros(out):
    path = out / "records/000001.jsonl"
    path.write_bytes(bytes(path.stat().st_size))


def damage_record_nonsense(out):
    (out / "records/000001.jsonl").write_text('{"scene": 1, "files": [3]}\n')


def damage_record_of_another(out):
    (out / "records/000001.jsonl").write_bytes((out / "records/000000.jsonl").read_bytes())


@pytest.mark.parametrize("damage", [v for k, v in dict(globals()).items() if k.startswith("damage_")])
def test_resume_mends_what_a_power_cut_damaged(tmp_path, undisturbed, damage):
    fake_run(tmp_path)
    damage(tmp_path)
    assert tree(tmp_path) != undisturbed
    summary = fake_run(tmp_path, resume=True)
    assert tree(tmp_path) == undisturbed
    assert summary.made == 3


def test_resume_writes_lost_annotations_anew(tmp_path, undisturbed):
    fake_run(tmp_path)
    (tmp_path / "annotations/instances.json").unlink()
    (tmp_path / "records/final.json").unlink()
    fake_run(tmp_path, resume=True, pipeline=FakePipeline(broken=0))
    assert tree(tmp_path) == undisturbed


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_scene_loses_nothing(tmp_path, undisturbed, workers):
    with pytest.raises(TooManyRejections, match="no attempt was fit"):
        fake_run(tmp_path, workers=workers, pipeline=FakePipeline(broken=2))
    kept = 3 * len(list((tmp_path / "records").glob("*.jsonl")))
    # The error says to raise max_attempts; so that, alone of all settings, may grow.
    summary = fake_run(tmp_path, resume=True, plan=fake_plan(max_attempts=30))
    assert summary.made == 8 - kept
    assert kept == 6 or workers == 2
    expected = dict(undisturbed)
    assert tree(tmp_path).pop("plan.json") != expected.pop("plan.json")
    assert {k: v for k, v in tree(tmp_path).items() if k != "plan.json"} == expected


def test_a_bug_in_a_worker_shows_its_traceback(tmp_path):
    with pytest.raises(RuntimeError, match=r"(?s)in a worker process:.*fake_pipeline.*ZeroDivisionError: a bug"):
        fake_run(tmp_path, workers=2, pipeline=FakePipeline(broken=1, error="bug"))


def test_interrupting_says_how_to_go_on(tmp_path, undisturbed):
    def press(stage, done, total):
        if stage == "generate" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^interrupted\. 3 of 8 images are finished in .*: go on with --resume\.$"):
        fake_run(tmp_path, progress=press)
    fake_run(tmp_path, resume=True)
    assert tree(tmp_path) == undisturbed


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 0}, "count must be 1 or more, got 0"),
        ({"count": -5}, "count must be 1 or more, got -5"),
        ({"workers": 0}, "workers must be 1 or more, got 0"),
        ({"resume": True, "overwrite": True}, "ask for one of them"),
    ],
)
def test_senseless_arguments_are_refused_before_the_folder_is_made(tmp_path, settings, message):
    with pytest.raises(InvalidValue, match=message):
        fake_run(tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_two_exporters_side_by_side(tmp_path, undisturbed):
    class Names(Coco):
        name = "names"

        def encode(self, sample, first_image, dataset):
            one = super().encode(sample, first_image, dataset)
            return replace(one, files={path.replace("images", "pictures").replace("depth", "far"): data for path, data in one.files.items()})

        def finalize(self, records, dataset):
            yield "names.txt", (f"{r['image']['file_name']}\n".encode() for r in records())

    fake_run(tmp_path, plan=fake_plan(exporters=(Coco(), Names())))
    both = tree(tmp_path)
    # The plan also names the file that the second exporter's code is in.
    changed = {path for path, digest in undisturbed.items() if both[path] != digest}
    assert changed == {"plan.json"} | {path for path in undisturbed if path.startswith("records/")}
    assert (tmp_path / "names.txt").read_text().split() == [f"{n:06d}.jpg" for n in range(8)]
    fake_run(tmp_path, plan=fake_plan(exporters=(Coco(), Names())), resume=True)
    assert tree(tmp_path) == both


def test_workers_are_no_more_than_scenes(tmp_path, monkeypatch):
    asked = []

    def make_scenes(job, root, scenes, workers):
        asked.append(workers)
        return (job_module.Finished(images=3, annotations=0, rejections={}) for _ in ())

    monkeypatch.setattr(processes, "make_scenes", make_scenes)
    with pytest.raises(Exception, match=r"cannot write annotations/instances\.json"):
        fake_run(tmp_path, count=8, workers=50)
    assert asked == [3]


def test_a_run_is_not_gone_on_with_when_files_it_draws_from_have_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.png", "b.png"):
        (photos / name).write_bytes(name.encode())
    plan = fake_plan(randomizers=(PhotoBackdrops(paths=("photos",), label="streets"),))
    fake_run("out", plan=plan)
    before = tree(tmp_path / "out")
    fake_run("out", plan=plan, resume=True)
    (photos / "b.png").write_bytes(b"another")
    (photos / "c.png").write_bytes(b"one more")
    with pytest.raises(OutputError) as error:
        fake_run("out", plan=plan, resume=True)
    changed, added = str(error.value).splitlines()[1:3]
    assert changed.startswith('  assets.streets:photos/b.png: "') and added.startswith("  assets.streets:photos/c.png: nothing there, ")
    assert tree(tmp_path / "out") == before


def test_what_was_asked_for_and_fitted_is_counted_by_randomizer():
    summary = local.Summary()
    for asked, fitted in ((5, 4), (7, 7)):
        scene = job_module.Finished(images=1, annotations=0, rejections={}, asked={"parked": asked}, fitted={"parked": fitted})
        summary.add(scene, made=True)
    assert (summary.asked, summary.fitted) == ({"parked": 12}, {"parked": 11})
