"""What a run does with folders that are not empty and not new, and what it never touches."""

import json
import os
import resource
import signal
import subprocess
import sys

import pytest
from fake_pipeline import FakePipeline, fake_plan, fake_run, tree

from diorama.run import writer
from diorama.run.writer import Folder
from diorama.sim.errors import OutputError


@pytest.fixture
def done(tmp_path):
    """A folder with a finished run."""
    out = tmp_path / "set"
    fake_run(out)
    return out


# --- refused ---


@pytest.mark.parametrize("settings", [{}, {"resume": True}, {"overwrite": True}])
@pytest.mark.parametrize("content", ["notes.txt", "images/holiday.jpg", "plan.json"])
def test_a_folder_of_something_else_is_refused(tmp_path, settings, content):
    path = tmp_path / content
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"plan": "to eat more fruit"}')
    before = tree(tmp_path)
    with pytest.raises(OutputError, match=r"is not empty, and holds no plan\.json of a run of Diorama.*--resume.*--overwrite"):
        fake_run(tmp_path, **settings)
    assert tree(tmp_path) == before


def test_a_finished_run_is_refused_and_both_ways_on_are_named(done):
    before = tree(done)
    with pytest.raises(OutputError, match=r"is not empty: it holds a run.*--resume.*--overwrite"):
        fake_run(done)
    assert tree(done) == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 1}, ["seed: 0 there, 1 now"]),
        ({"count": 9, "seed": 3}, ["seed: 0 there, 3 now", "count: 8 there, 9 now"]),
        ({"plan": fake_plan(views=4)}, ["plan.views: 3 there, 4 now"]),
        ({"plan": fake_plan(max_attempts=10)}, ["plan.max_attempts: 20 there, 10 now"]),
        ({"pipeline": FakePipeline(extra={"lights": [{"kelvin": 3000}]})}, ['plan.lights: nothing there, [{"kelvin": 3000}] now']),
    ],
)
def test_resume_refuses_another_run_and_says_what_differs(done, changed, said):
    before = tree(done)
    with pytest.raises(OutputError, match="cannot resume") as refused:
        fake_run(done, resume=True, **changed)
    lines = str(refused.value).splitlines()
    assert [line.strip() for line in lines[1:-1]] == said
    assert "--overwrite" in lines[-1]
    assert tree(done) == before


def test_resume_refuses_other_assets_and_versions(done):
    document = json.loads((done / "plan.json").read_text())
    document["versions"]["fake"] = "0.9"
    document["assets"]["cup.obj"] = "ffff"
    (done / "plan.json").write_text(json.dumps(document))
    with pytest.raises(OutputError, match=r'(?s)versions\.fake: "0\.9" there, "1\.0" now.*assets\.cup\.obj: "ffff" there, "1234" now'):
        fake_run(done, resume=True)


@pytest.mark.parametrize("settings", [{"resume": True}, {"overwrite": True}])
def test_a_run_of_another_format_is_refused(done, settings):
    document = json.loads((done / "plan.json").read_text())
    (done / "plan.json").write_text(json.dumps(document | {"format_version": 99}))
    before = tree(done)
    with pytest.raises(OutputError, match="another version of Diorama"):
        fake_run(done, **settings)
    assert tree(done) == before


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below", "/proc/no-such-folder"):
        with pytest.raises(OutputError, match=r"cannot open the output folder .*: "):
            fake_run(out)


@pytest.fixture
def nobody():
    """Root may write anywhere, so be somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, nobody):
    for out in ("/usr/new", "/new"):
        with pytest.raises(OutputError, match=f"cannot open the output folder {out}: Permission denied"):
            fake_run(out)


def test_a_second_run_in_the_same_folder_is_refused(tmp_path):
    with Folder(tmp_path) as folder:
        folder.lock()
        with pytest.raises(OutputError, match="another run is writing to"):
            fake_run(tmp_path)
    fake_run(tmp_path)


# --- accepted ---


@pytest.mark.parametrize("settings", [{}, {"resume": True}, {"overwrite": True}])
def test_a_new_or_empty_folder_takes_any_run(tmp_path, done, settings):
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "new" / "nested"):
        fake_run(out, **settings)
        assert tree(out) == tree(done)


def test_what_is_left_of_a_run_killed_at_its_first_file_is_no_hindrance(tmp_path, done):
    out = tmp_path / "begun"
    out.mkdir()
    (out / ".plan.json.123.diorama-tmp").write_text('{"form')
    fake_run(out)
    assert tree(out) == tree(done)


# --- overwritten ---


def test_overwrite_leaves_what_is_not_ours(done):
    own = ["notes.txt", "images/holiday.jpg", "records/mine.jsonl", "extra/deep/file", "images/.hidden", "annotations/instances.json.bak"]
    for name in own:
        (done / name).parent.mkdir(parents=True, exist_ok=True)
        (done / name).write_text(name)
    fake_run(done, overwrite=True, count=2, seed=5)
    assert {p for p in tree(done) if (done / p).is_file()} == {
        *own,
        *("plan.json", "annotations/instances.json", "records/final.json", "records/000000.jsonl"),
        *(f"{kind}/00000{n}.{end}" for n in (0, 1) for kind, end in (("images", "jpg"), ("depth", "png"))),
    }
    assert all((done / name).read_text() == name for name in own)


def test_overwrite_equals_a_fresh_run(tmp_path, done):
    fake_run(done, overwrite=True, seed=7, plan=fake_plan(views=2))
    fake_run(tmp_path / "fresh", seed=7, plan=fake_plan(views=2))
    assert tree(done) == tree(tmp_path / "fresh")


@pytest.mark.parametrize("name", ["../victim", "images/../../victim", "/etc/hostname", "plan.json", "records/mine.jsonl", "", "images//x", "a\0b"])
@pytest.mark.parametrize("settings", [{"resume": True}, {"overwrite": True}])
def test_a_forged_record_reaches_nothing_else(tmp_path, done, name, settings):
    for victim in (tmp_path / "victim", done / "records/mine.jsonl"):
        victim.write_text("precious")
    record = done / "records/000001.jsonl"
    head, *lines = record.read_text().splitlines()
    forged = json.loads(head)
    forged["files"] = {name: {"bytes": 8, "blake2b": "00"}}
    record.write_text("\n".join([json.dumps(forged), *lines]) + "\n")
    try:
        fake_run(done, **settings)
    except OutputError as refused:
        assert "is not a path below" in str(refused)  # noqa: PT017 - refusing and passing over are both right
    assert (tmp_path / "victim").read_text() == (done / "records/mine.jsonl").read_text() == "precious"


# --- symbolic links ---


@pytest.mark.parametrize("settings", [{"resume": True}, {"overwrite": True}])
@pytest.mark.parametrize("name", ["images", "depth", "annotations", "records"])
def test_a_link_in_place_of_a_folder_leads_nowhere(tmp_path, done, name, settings):
    elsewhere = tmp_path / "elsewhere"
    (done / name).rename(elsewhere)
    (done / name).symlink_to(elsewhere)
    before = tree(elsewhere)
    with pytest.raises(OutputError, match=f"cannot write {name}/.*symbolic link"):
        fake_run(done, **settings)
    assert tree(elsewhere) == before


@pytest.mark.parametrize("settings", [{"resume": True}, {"overwrite": True}])
@pytest.mark.parametrize("name", ["images/000000.jpg", "annotations/instances.json", "records/000000.jsonl", "records/final.json"])
def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(tmp_path, done, name, settings):
    before = tree(done)
    victim = tmp_path / "victim"
    (done / name).rename(victim)
    (done / name).symlink_to(victim)
    content = victim.read_bytes()
    fake_run(done, **settings)
    assert victim.read_bytes() == content
    assert not (done / name).is_symlink()
    assert tree(done) == before


def test_a_linked_plan_is_not_ours(tmp_path, done):
    (done / "plan.json").rename(tmp_path / "plan.json")
    (done / "plan.json").symlink_to(tmp_path / "plan.json")
    with pytest.raises(OutputError, match="is not empty, and holds no plan"):
        fake_run(done, overwrite=True)


def test_the_output_folder_itself_may_be_a_link(tmp_path, done):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    fake_run(tmp_path / "link")
    assert tree(tmp_path / "disk") == tree(done)


# --- errors on the way ---


@pytest.mark.parametrize("full_at", [2000, 4000])
def test_a_full_disk_stops_cleanly_and_the_run_goes_on_later(tmp_path, done, full_at):
    """A limit on the size of files stands in for a full disk: writing fails in the middle of a file."""
    out = tmp_path / "full"
    code = "import fake_pipeline, sys; fake_pipeline.fake_run(sys.argv[1])"
    limited = subprocess.run(
        [sys.executable, "-c", code, str(out)],
        preexec_fn=lambda: (resource.setrlimit(resource.RLIMIT_FSIZE, (full_at, full_at)), signal.signal(signal.SIGXFSZ, signal.SIG_IGN))[0],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert "OutputError: cannot write" in limited.stderr
    assert "File too large. What is finished is kept: make room and go on with --resume." in limited.stderr
    assert not [p for p in tree(out) if "tmp" in p]
    fake_run(out, resume=True)
    assert tree(out) == tree(done)


def test_two_exporters_that_want_one_file_are_refused(tmp_path):
    with Folder(tmp_path) as folder, pytest.raises(OutputError, match=r'two exporters want to write "a/x"'):
        folder.commit("r", [("a/x", [b"1"]), ("a/x", [b"2"])], lambda facts: b"")
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("path", ["", "/x", "a//x", "../x", "a/../x", "x/", "a\0"])
def test_paths_that_lead_elsewhere_are_refused(tmp_path, path):
    with Folder(tmp_path / "out") as folder, pytest.raises(OutputError, match="is not a path below"):
        folder.write(path, b"")


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    """While it is written, and when writing it fails, the old one stays."""

    def chunks():
        yield b"new "
        assert (tmp_path / "a").read_bytes() == b"old"
        raise ZeroDivisionError

    with Folder(tmp_path) as folder:
        folder.write("a", b"old")
        with pytest.raises(ZeroDivisionError):
            folder.commit("record", [("b", [b"first"]), ("a", chunks())], lambda facts: b"")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"old"}


def test_facts_are_those_of_the_file(tmp_path):
    with Folder(tmp_path) as folder:
        facts = {}
        folder.commit("record", [("a/b", [b"12", b"", b"345"])], lambda f: facts.update(f) or b"done")
        assert (tmp_path / "record").read_bytes() == b"done"
        assert facts["a/b"].bytes == 5
        assert folder.holds("a/b", facts["a/b"])
        assert not folder.holds("record", facts["a/b"])
        assert not folder.holds("absent", facts["a/b"])
        assert not folder.holds("a", facts["a/b"])
        (tmp_path / "a/b").write_bytes(b"12346")
        assert not folder.holds("a/b", facts["a/b"])


def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with Folder(tmp_path) as folder:
        assert not folder.holds("pipe", writer.Facts(0, ""))
        folder.remove("pipe")
    assert (tmp_path / "pipe").exists()
