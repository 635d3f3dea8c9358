"""A pipeline without engines: discs instead of objects, made in a moment. Also a script that runs it."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from hand_made import CATEGORIES, discs, sample

from diorama.exporters.coco import Coco
from diorama.plan import Plan
from diorama.run import generate_dataset
from diorama.run.pipeline import Pipeline
from diorama.sim.errors import DioramaError, TooManyRejections
from diorama.sim.frame import Sample
from diorama.sim.seeds import Seed


@dataclass(frozen=True)
class Shelf:
    """A scenario in name only."""

    name: ClassVar[str] = "shelf"


class Library:
    def categories(self):
        return CATEGORIES

    def fingerprint(self):
        return {"cup.obj": "1234"}


@dataclass(frozen=True)
class FakePipeline(Pipeline):
    """`pause_s` for each scene; scene `broken` raises `error`. At `halt`, a scene and a step, the process that makes the scene says its
    number and waits to be killed, just before that change of the scene's to the folder.
    """

    pause_s: float = 0.0
    halt: tuple[int, int] | None = None
    broken: int = -1
    error: str = "unfit"
    extra: dict[str, Any] = field(default_factory=dict)

    def describe(self, plan):
        return {"scenario": "shelf", "views": plan.views, "max_attempts": plan.max_attempts, **self.extra}

    def versions(self, plan):
        return {"fake": "1.0"}

    def library(self, plan):
        return Library()

    def warm_up(self, plan):
        pass

    def studio(self, plan):
        return nullcontext()

    def generate(self, plan, seed, scene, *, studio, pictures) -> Sample:
        time.sleep(self.pause_s)
        if self.halt is not None and scene == self.halt[0]:
            before_change(self.halt[1], wait_to_be_killed)
        if scene == self.broken:
            raise TooManyRejections("no attempt was fit") if self.error == "unfit" else ZeroDivisionError("a bug")
        rng = Seed(seed).child("discs", scene).rng()
        return sample([discs(rng) for _ in range(pictures)], index=scene, seed=seed)


def fake_plan(**fields) -> Plan:
    return Plan(**{"scenario": Shelf(), "randomizers": (), "exporters": (Coco(),), "views": 3} | fields)


def fake_run(out, *, count=8, seed=0, pipeline=FakePipeline(), plan=None, **settings):
    return generate_dataset(plan or fake_plan(), seed=seed, count=count, out=out, pipeline=pipeline, **settings)


def before_change(step: int, act: Callable[[], None]) -> None:
    """From now on, call `act` just before this process's step-th change to a folder, counted from 0."""
    left = step

    def counted(function):
        def call(*arguments, **keywords):
            nonlocal left
            if left == 0:
                act()
            left -= 1
            return function(*arguments, **keywords)

        return call

    for name in ("mkdir", "rename", "unlink", "rmdir", "fdopen"):  # fdopen: between opening a file and writing to it
        setattr(os, name, counted(getattr(os, name)))


def wait_to_be_killed() -> None:
    print(os.getpid(), flush=True)  # noqa: T201 - heard by who kills
    while True:
        signal.pause()


def tree(folder: Path) -> dict[str, str]:
    """Every path in a folder, and what is there: a digest, or the kind of thing."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder" for path in sorted(folder.rglob("*"))
    }


if __name__ == "__main__":
    out, count, workers, pause_s, *halt = sys.argv[1:]
    pipeline = FakePipeline(pause_s=float(pause_s), halt=(int(halt[0]), int(halt[1])) if halt else None)
    try:
        fake_run(out, count=int(count), workers=int(workers), pipeline=pipeline)
    except DioramaError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - a script
        sys.exit(2)
    except KeyboardInterrupt as error:
        print(f"KeyboardInterrupt: {error}", file=sys.stderr)  # noqa: T201 - a script
        sys.exit(130)
