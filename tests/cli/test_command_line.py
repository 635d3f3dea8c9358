"""Commands and options: what they pass on, what they print, and how they refuse what makes no sense."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

import diorama
from diorama.cli import main
from diorama.exporters.coco import Coco
from diorama.plan import default_plan, load_plan
from diorama.randomizers import RANDOMIZERS
from diorama.randomizers.distributions import UniformInt
from diorama.run import Summary


@pytest.fixture(autouse=True)
def _narrow_empty_folder(monkeypatch, tmp_path):
    """Each test works in an empty folder, at 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def call(capsys):
    """Arguments -> (exit code, standard output, standard error)."""

    def run_main(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as leave:
            code = leave.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return run_main


@pytest.fixture
def runs(monkeypatch) -> list[dict]:
    """What is asked of `diorama.run.generate_dataset`, which then does nothing."""
    asked = []

    def fake(plan, **options):
        asked.append({"plan": plan} | options)
        options["progress"]("generate", 0, options["count"])
        options["progress"]("generate", options["count"], options["count"])
        return Summary(images=options["count"], annotations=30, made=options["count"], wall_s=2.0, stages_s={"render": 1.0})

    monkeypatch.setattr("diorama.run.generate_dataset", fake)
    return asked


# --- generate ---


def test_generate_with_defaults(call, runs):
    code, out, err = call("generate", "tabletop", "--out", "set")
    assert code == 0
    (asked,) = runs
    del asked["progress"], asked["announce"]
    workers = len(os.sched_getaffinity(0))
    assert asked == {
        "plan": default_plan("tabletop"),
        "seed": 0,
        "count": 100,
        "out": Path("set"),
        "workers": workers,
        "resume": False,
        "overwrite": False,
    }
    assert "100 of 100 images" in err
    assert "50.0 images/s" in out
    assert "diorama preview set" in out


def test_generate_with_everything(call, runs):
    Path("mesh.obj").write_text("")
    code, _, _ = call(
        *("generate", "--out", "a set", "tabletop", "--count", "7", "--seed", "-5", "--workers", "3", "--resume"),
        *(
            "--resolution",
            "320x240",
            "--views",
            "2",
            "--frames",
            "3",
            "--fps",
            "12.5",
            "--objects",
            "3-5",
            "--image-format",
            "png",
            "--depth-format",
            "npy",
        ),
        *("--exporter", "coco", "--assets", "mesh.obj", "folder/"),
    )
    assert code == 0
    (asked,) = runs
    plan = asked.pop("plan")
    del asked["progress"], asked["announce"]
    assert asked == {"seed": -5, "count": 7, "out": Path("a set"), "workers": 3, "resume": True, "overwrite": False}
    assert plan.resolution == (320, 240)
    assert (plan.views, plan.frames, plan.fps) == (2, 3, 12.5)
    assert [source.path for source in plan.assets] == ["mesh.obj", "folder/"]
    assert plan.exporters == (Coco(image_format="png", depth_format="npy"),)
    assert next(r for r in plan.randomizers if r.name == "objects").count == UniformInt(3, 5)
    others = [r for r in plan.randomizers if r.name != "objects"]
    assert others == [r for r in default_plan("tabletop").randomizers if r.name != "objects"]


def test_options_change_what_a_plan_file_says_and_leave_the_rest(call, runs):
    Path("plan.yaml").write_text("scenario: tabletop\nviews: 3\nresolution: [64, 48]\nexporters: [{name: coco, jpeg_quality: 50}]\n")
    assert call("generate", "plan.yaml", "--out", "set", "--views", "1", "--exporter", "coco", "--image-format", "png")[0] == 0
    assert runs[0]["plan"] == default_plan("tabletop", views=1, resolution=(64, 48), exporters=(Coco(jpeg_quality=50, image_format="png"),))


def test_path_tracing(call, runs):
    pytest.importorskip("mitsuba")
    assert call("generate", "tabletop", "--out", "set", "--renderer", "pathtrace", "--spp", "32")[0] == 0
    code, _, err = call("generate", "tabletop", "--out", "set", "--renderer", "pathtrace")
    assert code == 0
    assert [run["plan"] for run in runs] == [default_plan("tabletop", renderer=diorama.PathTracing(spp=spp)) for spp in (32, 64)]
    assert re.search(r"Path tracing with Mitsuba's (llvm_ad_rgb|scalar_rgb), 64 samples a pixel\.", err)


def test_settings_of_the_path_tracer_add_to_those_of_a_plan_file(call, runs, monkeypatch):
    monkeypatch.setattr("diorama.console.announce_renderer", lambda plan: None)
    Path("plan.yaml").write_text("scenario: tabletop\nrenderer: {name: pathtrace, max_depth: 3, spp: 5}\n")
    assert call("generate", "plan.yaml", "--out", "set", "--renderer", "pathtrace", "--denoise")[0] == 0
    assert runs[0]["plan"].renderer == diorama.PathTracing(spp=5, max_depth=3, denoise=True)


def test_the_slow_variant_is_told(call, runs, monkeypatch):
    pytest.importorskip("mitsuba")
    monkeypatch.setattr("diorama.sim.render.pathtrace.renderer.fastest_variant", lambda: "scalar_rgb")
    _, _, err = call("generate", "tabletop", "--out", "set", "--renderer", "pathtrace")
    assert "Mitsuba's scalar_rgb" in err
    assert "apt-get install libllvm19" in err


def test_path_tracing_without_mitsuba(call, runs, monkeypatch):
    """Said before anything is written."""
    for name in [n for n in sys.modules if n.startswith("diorama.sim.render.pathtrace")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, _, err = call("generate", "tabletop", "--out", "set", "--renderer", "pathtrace")
    assert (code, runs) == (2, [])
    assert 'Path tracing needs mitsuba. Install it with: pip install "diorama[pathtrace]"' in err


def test_a_fixed_number_of_objects(call, runs):
    assert call("generate", "tabletop", "--out", "set", "--objects", "12")[0] == 0
    assert next(r for r in runs[0]["plan"].randomizers if r.name == "objects").count == UniformInt(12, 12)


def test_interrupted(call, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt("interrupted. 40 of 100 images are finished in set: go on with --resume.")

    monkeypatch.setattr("diorama.run.generate_dataset", stopped)
    code, _, err = call("generate", "tabletop", "--out", "set")
    assert code == 130
    assert "40 of 100 images are finished in set: go on with --resume." in err
    assert "Traceback" not in err


# --- what makes no sense ---

GENERATE = ("generate", "tabletop", "--out", "set")
EPISODES = ("episodes", "panda-pick-place", "--out", "set")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("generat", "tabletop"), 'no command named "generat". Did you mean "generate"?'),
        (
            ("generate", "tabeltop", "--out", "set"),
            'no scenario named "tabeltop". Did you mean "tabletop"? Known: bin-picking, conveyor, photo, shelf, street, tabletop.',
        ),
        (("describe", "railway"), 'no scenario named "railway". Known: bin-picking, conveyor, photo, shelf, street, tabletop.'),
        (("generate", "missing.yaml", "--out", "set"), "missing.yaml: cannot read this plan file: No such file"),
        (("generate", "broken.yaml", "--out", "set"), 'broken.yaml: a plan has no field "vews". Did you mean "views"?'),
        (("generate", "tabletop"), "--out"),
        (("generate", "--out", "set"), "SCENARIO"),
        ((*GENERATE, "--coutn", "5"), "--count"),
        ((*GENERATE, "--no-such-thing"), "--no-such-thing"),
        ((*GENERATE, "--count", "0"), "--count: expected a whole number of 1 or more, got '0'"),
        ((*GENERATE, "--count", "-3"), "--count: expected a whole number of 1 or more, got '-3'"),
        ((*GENERATE, "--count", "1e3"), "--count: expected a whole number of 1 or more, got '1e3'"),
        ((*GENERATE, "--count", "２"), "--count: expected a whole number of 1 or more"),
        ((*GENERATE, "--seed", "x"), "--seed: expected a whole number, got 'x'"),
        ((*GENERATE, "--workers", "0"), "--workers: expected a whole number of 1 or more, got '0'"),
        ((*GENERATE, "--views", "0"), "--views: expected a whole number of 1 or more, got '0'"),
        ((*GENERATE, "--frames", "0"), "--frames: expected a whole number of 1 or more, got '0'"),
        ((*GENERATE, "--fps", "0"), "--fps: expected a positive number, got '0'"),
        ((*GENERATE, "--fps", "inf"), "--fps: expected a positive number, got 'inf'"),
        ((*GENERATE, "--fps", "ten"), "--fps: expected a positive number, got 'ten'"),
        ((*GENERATE, "--resolution", "0x480"), "--resolution: expected WIDTHxHEIGHT in pixels, such as 640x480, got '0x480'"),
        ((*GENERATE, "--resolution", "640"), "--resolution: expected WIDTHxHEIGHT in pixels, such as 640x480, got '640'"),
        ((*GENERATE, "--resolution", "640x-480"), "--resolution: expected WIDTHxHEIGHT in pixels, such as 640x480, got '640x-480'"),
        ((*GENERATE, "--resolution", "1x2x3"), "--resolution: expected WIDTHxHEIGHT in pixels, such as 640x480, got '1x2x3'"),
        ((*GENERATE, "--resolution", "99999x99999"), "resolution must be between 1x1 and 16384x16384 pixels, got 99999x99999"),
        ((*GENERATE, "--objects", "0"), "--objects: expected a number of objects, such as 12, or a range, such as 10-15, got '0'"),
        ((*GENERATE, "--objects", "15-10"), "--objects: expected a number of objects, such as 12, or a range, such as 10-15, got '15-10'"),
        ((*GENERATE, "--objects", "5-"), "--objects: expected a number of objects, such as 12, or a range, such as 10-15, got '5-'"),
        ((*GENERATE, "--objects", "1-2-3"), "--objects: expected a number of objects, such as 12, or a range, such as 10-15, got '1-2-3'"),
        ((*GENERATE, "--renderer", "pathtracer"), 'no renderer named "pathtracer". Did you mean "pathtrace"?'),
        ((*GENERATE, "--spp", "32"), "--spp and --denoise are settings of the path tracer. Ask for it: --renderer pathtrace"),
        ((*GENERATE, "--renderer", "pathtrace", "--spp", "65537"), "spp must be in 1..65536, got 65537"),
        ((*GENERATE, "--image-format", "jpg"), "--image-format: expected jpeg or png, got 'jpg'"),
        ((*GENERATE, "--depth-format", "exr"), "--depth-format: expected png, npy or none, got 'exr'"),
        (
            (*GENERATE, "--exporter", "cocoa"),
            'no exporter named "cocoa". Did you mean "coco"? Known: arrays, cityscapes, coco, cornell',
        ),
        ((*GENERATE, "--exporter", "coco", "--exporter", "coco"), "exporter names must be unique, coco appears more than once"),
        ((*GENERATE, "--resume", "--overwrite"), "resume keeps what is in the folder and overwrite removes it; ask for one of them"),
        (("generate", "plain.yaml", "--out", "set", "--objects", "3"), "--objects: nothing in this plan has the setting objects.count"),
        (("list", "things"), "expected scenarios, randomizers, exporters or assets, got 'things'"),
        (("list",), "WHAT"),
        (("assets", "peek", "meshes"), "expected inspect, got 'peek'"),
        (("assets", "inspect", "gone"), "gone: there is no such file or folder"),
        (("preview", "nowhere"), "nowhere holds no data set"),
        (("preview", ".", "--count", "0"), "--count: expected a whole number of 1 or more, got '0'"),
        (
            (*EPISODES[:1], "panda-pickplace", "--out", "set"),
            'no environment with an expert is named "panda-pickplace". Did you mean "panda-pick-place"?',
        ),
        ((*EPISODES, "--seed", "-1"), "the seed of an environment is 0 or more, got -1"),
        ((*EPISODES, "--count", "0"), "--count: expected a whole number of 1 or more, got '0'"),
        ((*EPISODES, "--resolution", "127x128"), "the sides of a video are even, and 16 pixels or more, got 127x128"),
        ((*EPISODES, "--resolution", "8x8"), "the sides of a video are even, and 16 pixels or more, got 8x8"),
        ((*EPISODES, "--resolution", "99998x99998"), "resolution must be between 1x1 and 16384x16384 pixels, got 99998x99998"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_refused_before_anything_is_made(arguments, said, call):
    Path("broken.yaml").write_text("scenario: tabletop\nvews: 3\n")
    Path("plain.yaml").write_text("scenario: tabletop\nrandomizers: [lights]\n")
    before = sorted(Path().rglob("*"))
    code, out, err = call(*arguments)
    assert code == 2
    assert said in " ".join(re.sub(r"[│╭╮╰╯─]", " ", err).split())
    assert "Traceback" not in err
    assert out == ""
    assert sorted(Path().rglob("*")) == before


def test_episodes_are_recorded_counted_and_replaced(call):
    """The same bytes each time, and the numbers have names."""
    first: dict[Path, bytes] = {}
    for seed, options in (("3", ()), ("4", ("--overwrite",)), ("3", ("--overwrite",))):
        code, out, err = call(*EPISODES, "--count", "1", "--seed", seed, "--resolution", "32x16", *options)
        assert code == 0
        assert re.search(r"^episodes +1 of \d+ succeeded and are kept$", out, re.MULTILINE)
        assert "1 of 1 episodes" in err
        made = {path: path.read_bytes() for path in Path("set").rglob("*") if path.is_file()}
        first = first or made
        assert (made == first) == (seed == "3")
    info = json.loads(Path("set/meta/info.json").read_text())
    assert (info["robot_type"], info["fps"], info["total_episodes"]) == ("panda", 20, 1)
    assert info["features"]["observation.images.rgb"]["shape"] == [16, 32, 3]
    assert info["features"]["action"]["names"] == ["x", "y", "z", "yaw", "fingers"]
    assert len(info["features"]["observation.state"]["names"]) == 18
    assert re.fullmatch(r"Put the (wooden block|domino) on the plate", pq.read_table("set/meta/tasks.parquet").to_pydict()["task"][0])
    code, _, err = call(*EPISODES, "--count", "1")
    assert code == 2
    assert "it holds a set of episodes. Replace it (--overwrite) or choose another" in err


def test_an_interrupted_recording_leaves_nothing(call, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("diorama.envs.panda.PandaPickPlace.step", interrupted)
    code, out, err = call(*EPISODES)
    assert (code, out) == (130, "")
    assert err.endswith("diorama: interrupted.\n")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("options", [(), ("--overwrite",)])
def test_episodes_leave_a_folder_of_something_else_alone(options, call):
    Path("set").mkdir()
    Path("set/thesis.txt").write_text("years of work")
    code, out, err = call(*EPISODES, *options)
    assert (code, out) == (2, "")
    assert "set is there already, and holds no set of episodes that Diorama wrote" in err
    assert [p.read_text() for p in Path().rglob("*.*")] == ["years of work"]


@pytest.mark.parametrize("options", [(), ("--resume",), ("--overwrite",)])
def test_a_folder_of_something_else_is_left_alone(options, call):
    Path("set").mkdir()
    Path("set/thesis.txt").write_text("years of work")
    code, _, err = call(*GENERATE, *options)
    assert code == 2
    assert "set is not empty" in err
    assert "--resume" in err
    assert "--overwrite" in err
    assert [p.read_text() for p in Path("set").iterdir()] == ["years of work"]


def test_folders_that_cannot_be_made(call):
    Path("file").write_text("a file")
    for out in ("file", "file/set", "/proc/set"):  # nobody, not even root, makes folders in /proc
        code, _, err = call("generate", "tabletop", "--out", out)
        assert code == 2
        assert re.match(rf"diorama: cannot .* {out}: ", err)
        assert "Traceback" not in err
    assert Path("file").read_text() == "a file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folders_that_may_not_be_written(call):
    Path("locked").mkdir(mode=0o555)
    code, _, err = call("generate", "tabletop", "--out", "locked/set")
    assert code == 2
    assert "Permission denied" in err


# --- list, describe ---


def test_lists(call):
    code, out, _ = call("list", "randomizers")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if not line.startswith((" ", "randomizer "))] == list(RANDOMIZERS.names())
    assert re.search(r"^tabletop  .*objects", call("list", "scenarios")[1], re.MULTILINE)
    assert "COCO" in call("list", "exporters")[1]


def test_assets_are_counted_by_category(call):
    from diorama.sim.assets.library import AssetLibrary

    library = AssetLibrary()
    code, out, _ = call("list", "assets")
    assert code == 0
    *rows, total = out.splitlines()[1:]
    found = {tuple(row.split()[:2]): int(row.split()[2]) for row in rows}
    assert tuple(found) == library.categories()
    assert sum(found.values()) == len(library.ids())
    assert total == f"{len(library.ids())} assets in {len(library.categories())} categories"


def test_describe_shows_every_setting_of_every_randomizer(call):
    code, out, _ = call("describe", "tabletop", "--objects", "3-5", "--resolution", "320x240")
    assert code == 0
    for randomizer in default_plan("tabletop").randomizers:
        assert re.search(rf"^{randomizer.name} ", out, re.MULTILINE)
    for part in ("=UI(3, 5)", "fov_deg", "=U(", "=LogU(", "320x240", "the built-in library"):
        assert part in out


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_described_plan_is_a_plan_file(form, call):
    code, out, err = call("describe", "tabletop", "--objects", "3-5", "--views", "2", f"--{form}")
    assert (code, err) == (0, "")
    path = Path(f"plan.{form}")
    path.write_text(out)
    plan = load_plan(path)
    assert plan.views == 2
    assert (yaml.safe_load(out) if form == "yaml" else json.loads(out))["views"] == 2
    assert call("describe", path, f"--{form}")[1] == out


# --- help ---


@pytest.mark.parametrize("columns", ["80", "100"])
@pytest.mark.parametrize("command", ["generate", "describe", "list", "assets", "preview", "episodes"])
def test_help_fits_and_teaches(command, columns, call, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    code, out, _ = call(command, "--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= int(columns)
    assert "examples:" in out
    assert f"\n  diorama {command} " in out


def test_help_names_every_option_whole_with_its_default(call):
    _, out, _ = call("generate", "--help")
    for option in (
        *("--out DIR", "--count N", "--seed N", "--workers N", "--resume ", "--overwrite ", "--resolution WxH", "--views N"),
        *("--objects N|LOW-HIGH", "--assets PATH...", "--exporter NAME", "--image-format FORMAT", "--depth-format FORMAT"),
        *("--renderer NAME", "--spp N", "--denoise "),
    ):
        assert re.search(rf"^[│ ]+{re.escape(option)}", out, re.MULTILINE)
    text = " ".join(re.sub(r"[│╭╮╰╯─]", " ", out).split())
    for default in ("100", "0", "640x480", "5", "10-15", "coco", "jpeg", "png", "the built-in library", "raster", "64"):
        assert f"(default: {default})" in text
    assert "None" not in text
    assert "False" not in text


def test_defaults_in_the_help_are_those_of_the_plan():
    plan = default_plan("tabletop")
    assert (plan.resolution, plan.views, plan.exporters) == ((640, 480), 5, (Coco(image_format="jpeg", depth_format="png"),))
    assert next(r for r in plan.randomizers if r.name == "objects").count == UniformInt(10, 15)


def test_no_arguments_and_top_level_help_are_the_same(call):
    assert call() == call("--help")
    code, out, _ = call()
    assert code == 0
    for command in ("generate", "describe", "list", "assets", "preview", "episodes"):
        assert f"• {command} " in out


def test_version(call):
    assert call("--version") == (0, f"diorama {diorama.__version__}\n", "")


def test_as_a_program():
    """Exit codes and streams as a shell sees them."""
    program = [sys.executable, "-m", "diorama.cli"]
    done = subprocess.run([*program, "describe", "tabeltop"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    known = "bin-picking, conveyor, photo, shelf, street, tabletop"
    assert done.stderr == f'diorama: no scenario named "tabeltop". Did you mean "tabletop"? Known: {known}.\n'
    pipe = subprocess.run(["sh", "-c", f"{sys.executable} -m diorama.cli list assets | head -n 1"], capture_output=True, text=True, check=True)
    assert pipe.stdout.startswith("category")
    assert pipe.stderr == ""
