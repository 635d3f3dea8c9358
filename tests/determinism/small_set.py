"""A data set that takes a second: six scenes of two or three objects, two small views of each but the last."""

import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import diorama
from diorama.randomizers.distributions import UniformInt
from diorama.run import generate_dataset

COUNT, VIEWS, SCENES = 11, 2, 6

#: The set, asked for on the command line.
COMMAND = [
    sys.executable,
    "-m",
    "diorama.cli",
    "generate",
    "tabletop",
    "--count",
    str(COUNT),
    "--resolution",
    "96x72",
    "--views",
    str(VIEWS),
    "--objects",
    "2-3",
]


def small_plan(fewest: int = 2, most: int = 3) -> diorama.Plan:
    """What COMMAND asks for, or the same with other numbers of objects."""
    plan = diorama.default_plan("tabletop", resolution=(96, 72), views=VIEWS)
    return replace(plan, randomizers=tuple(replace(r, count=UniformInt(fewest, most)) if r.name == "objects" else r for r in plan.randomizers))


def make(out: Path, *, seed: int = 0, count: int = COUNT, **settings) -> Path:
    generate_dataset(small_plan(), seed=seed, count=count, out=out, **settings)
    return out


def tree(folder: Path) -> dict[str, str]:
    """Every path in a folder, and what is there: a digest, or the kind of thing."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder" for path in sorted(folder.rglob("*"))
    }


def pictures(folder: Path) -> dict[str, str]:
    """The pictures and depth maps of `tree`."""
    return {path: digest for path, digest in tree(folder).items() if path.startswith(("images/", "depth/"))}
