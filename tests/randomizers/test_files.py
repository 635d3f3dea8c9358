"""Files that randomizers draw from: found in one order, read before work begins, compared when a run is gone on with."""

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from scipy import stats

from diorama.exporters.coco import Coco
from diorama.plan import Plan
from diorama.randomizers.base import Labelled, Stage, check_files, files_of
from diorama.randomizers.files import FromFiles, check_readable, digest, files_in
from diorama.run.pipeline import Pipeline
from diorama.scenes.tabletop import Tabletop
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import AssetError, InvalidValue
from diorama.sim.seeds import Seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes(Labelled):
    """Draws from text files, which must begin with a capital letter."""

    name: ClassVar[str] = "notes"
    stage: ClassVar[Stage] = "scene"
    paths: tuple[str, ...]

    def sample(self, seed, spec, context):
        return {}

    def apply(self, spec, params):
        return spec

    def files(self) -> tuple[str, ...]:
        return files_in(self.paths, (".txt",))

    def check(self) -> None:
        check_readable(self.files(), self._read)

    @staticmethod
    def _read(path: Path) -> None:
        if not path.read_text()[:1].isupper():
            raise AssetError(f"{path}: does not begin with a capital letter")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreNotes(Notes):
    name: ClassVar[str] = "more-notes"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a/z.TXT", "a-1.txt", ".hidden/c.txt", "a/picture.png"):
        path = tmp_path / "notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Text of {name}")
    return Path("notes")


def test_files_are_found_in_the_order_of_their_names(folder):
    below = ("notes/a-1.txt", "notes/a/z.TXT", "notes/b.txt")
    assert files_in(["notes"], (".txt",)) == below
    assert files_in(["notes/"], (".txt",)) == below
    assert files_in(["notes/b.txt", "notes"], (".txt",)) == ("notes/b.txt", *below[:2])
    assert files_in([], (".txt",)) == ()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "nowhere: there is no such file or folder"),
        ("notes/a/picture.png", "notes/a/picture.png: is none of .md, .txt"),
        ("empty", "empty: this folder holds no files to draw from (looked for .md, .txt)"),
    ],
)
def test_paths_without_files_are_refused(folder, path, message):
    Path("empty").mkdir()
    with pytest.raises(AssetError) as error:
        files_in([path], (".txt", ".md"))
    assert str(error.value) == message


def test_every_fault_is_told_at_once(folder):
    for name in ("b.txt", "a-1.txt"):
        (folder / name).write_text("small")
    randomizers = (Notes(paths=("notes",)), Notes(paths=("notes/a",), label="fine"), Notes(paths=("nowhere",), label="lost"))
    with pytest.raises(AssetError) as error:
        check_files(randomizers)
    assert str(error.value).splitlines() == [
        "notes: notes/a-1.txt: does not begin with a capital letter",
        "notes: notes/b.txt: does not begin with a capital letter",
        "lost: nowhere: there is no such file or folder",
    ]


def test_those_without_files_are_left_alone():
    randomizers = Tabletop().randomizers()
    check_files(randomizers)
    assert [files_of(r) for r in randomizers] == [()] * len(randomizers)


def of_files(fingerprint):
    """What it says of randomizers' files; it also has that of these tests, as code of one's own."""
    return {key: value for key, value in fingerprint.items() if "notes:" in key}


def test_a_run_checks_and_compares_files(folder):
    plan = Plan(scenario=Tabletop(), exporters=(Coco(),), randomizers=(MoreNotes(paths=("notes/b.txt",)), Notes(paths=("notes/a",))))
    pipeline = Pipeline()
    library = pipeline.library(plan)
    before = of_files(pipeline.fingerprint(plan, library))
    assert before == {
        "more-notes:notes/b.txt": hashlib.sha256(b"Text of b.txt").hexdigest(),
        "notes:notes/a/z.TXT": hashlib.sha256(b"Text of a/z.TXT").hexdigest(),
    }
    (folder / "b.txt").write_text("Other text")
    (folder / "a" / "new.txt").write_text("New")
    after = of_files(pipeline.fingerprint(plan, AssetLibrary()))
    assert {key for key in after if after[key] != before.get(key)} == {"more-notes:notes/b.txt", "notes:notes/a/new.txt"}
    (folder / "b.txt").write_text("wrong")
    with pytest.raises(AssetError, match=r"^more-notes: notes/b\.txt: does not begin"):
        pipeline.library(plan)


def test_a_digest_follows_its_file(folder):
    path = str(folder / "b.txt")
    first = digest(path)
    (folder / "b.txt").write_text("Text of B.txt")  # as long
    os.utime(path, ns=(1, 1))
    assert digest(path) == hashlib.sha256(b"Text of B.txt").hexdigest() != first
    with pytest.raises(AssetError, match=r"^notes/gone\.txt: cannot be read \(No such file or directory\)$"):
        digest("notes/gone.txt")


def test_a_fault_of_settings_is_told_as_well():
    class Wrong:
        name = "wrong"

        def check(self) -> None:
            raise InvalidValue("nothing to draw from")

    with pytest.raises(AssetError, match=r"^wrong: nothing to draw from$"):
        check_files([Wrong()])  # pyright: ignore[reportArgumentType] - half a randomizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages(FromFiles):
    """Draws a text file."""

    name: ClassVar[str] = "pages"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)


def drawn(pages: Pages, times: int) -> Counter[str]:
    return Counter(pages.drawn_file(Seed(0).child("draw", i).rng()) for i in range(times))


def test_every_file_is_as_likely_whichever_folder_it_is_in(folder):
    counts = drawn(Pages(paths=("notes/a", "notes/b.txt", "notes/a-1.txt")), 1500)
    assert set(counts) == set(files_in(["notes"], (".txt",)))
    assert stats.chisquare(list(counts.values())).pvalue > 0.01


def test_with_weights_paths_are_as_likely_as_these_say(folder):
    (folder / "a" / "y.txt").write_text("Y")
    counts = drawn(Pages(paths=("notes/a", "notes/b.txt", "notes/a-1.txt"), weights=(3.0, 1.0, 0.0)), 1600)
    shares = {"notes/a/y.txt": 600, "notes/a/z.TXT": 600, "notes/b.txt": 400}
    assert stats.chisquare([counts[name] for name in shares], list(shares.values())).pvalue > 0.01
    assert counts.keys() == shares.keys()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"paths": ()}, "paths must name at least one file or folder, got []"),
        ({"paths": ("notes", "")}, "paths must name at least one file or folder, got ['notes', '']"),
        ({"paths": ("notes",), "weights": (1.0, 2.0)}, "weights must be as many as paths, got 2 for 1"),
        ({"paths": ("notes",), "weights": (-1.0,)}, "weights must be 0 or more, and not all 0, got [-1.0]"),
        ({"paths": ("notes",), "weights": (0.0,)}, "weights must be 0 or more, and not all 0, got [0.0]"),
    ],
)
def test_settings_that_draw_nothing_are_refused(settings, message):
    with pytest.raises(InvalidValue) as error:
        Pages(**settings)
    assert str(error.value) == message
