"""Whether samples come back from their records, byte for byte: 50 of every example plan.

    python benchmarks/replay.py
    python benchmarks/replay.py --plan examples/plans/shelf.yaml --samples 10

Each plan's data set is made in a temporary folder, and then every scene is made again from its record alone, in another process. Ends with
exit code 1 when a file or a label differs. Plans whose assets are made by a script have that script run first.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import tyro
from figures import machine
from tyro.conf import arg

from diorama.plan import load_plan
from diorama.plugins import load_plugin
from diorama.run.replay import replay_picture
from diorama.studio import Studio

EXAMPLES = Path(__file__).parents[1] / "examples"
#: What a plan needs besides itself: code of one's own, and scripts that make its assets, which are run in an empty folder.
PLUGINS = {"sunset.yaml": (EXAMPLES / "11_my_randomizer.py",)}


def main(
    samples: Annotated[int, arg(help="Scenes of each plan.")] = 50,
    plan: Annotated[tuple[Path, ...], arg(help="Only these.")] = (),
    json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None,
) -> None:
    """Make, make again, compare, and print a line for each plan."""
    found: dict[str, Any] = {}
    for path in plan or sorted((EXAMPLES / "plans").glob("*.yaml")):
        with tempfile.TemporaryDirectory() as folder:
            found[path.name] = _check(path.resolve(), Path(folder), samples)
        print(f"{path.name:24} {found[path.name]['exact']} of {found[path.name]['scenes']} scenes the same, {found[path.name]['files']} files")
    if json_file:
        json_file.write_text(json.dumps({"plans": found} | machine(), indent=2) + "\n", "utf-8")
    if any(one["exact"] < one["scenes"] for one in found.values()):
        sys.exit(1)


def _check(path: Path, folder: Path, samples: int) -> dict[str, int]:
    os.chdir(folder)
    prepare(path)
    plugins = PLUGINS.get(path.name, ())
    options = [option for file in plugins for option in ("--plugin", str(file))]
    views = load_plan(path).views
    # In a process of its own, so that nothing it holds helps the replay.
    command = [sys.executable, "-m", "diorama.cli", "generate", str(path), *options, "--count", str(samples * views), "--out", "set"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with Studio(load_plan(path)) as studio:
        made = [replay_picture("set", scene * views, studio=studio) for scene in range(samples)]
    return {"scenes": samples, "exact": sum(one.is_exact for one in made), "files": sum(len(one.files) for one in made)}


def prepare(path: Path) -> None:
    """Make, in the current folder, what a plan of the examples takes from there, and load its code."""
    for file in PLUGINS.get(path.name, ()):
        load_plugin(file)
    script = path.with_suffix(".py")
    if script.is_file():
        subprocess.run([sys.executable, str(script)], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    tyro.cli(main)
