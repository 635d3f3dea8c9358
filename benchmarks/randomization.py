"""What it costs to draw: the share of randomization and of the plan in the time of a generated image.

    python benchmarks/randomization.py

Every scenario's default plan, its scenes made twice in one process on one core: the first time reads the assets, the second time is
measured, scene by scene, so that the share is that of drawing alone. `plan` is reading and checking the plan file, once a run.
"""

import json
import os
import runpy
import tempfile
import time
from contextlib import chdir
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import tyro
from figures import machine, quartiles, rounded
from tyro.conf import arg

from diorama.plan import default_plan, plan_from_json, plan_to_text
from diorama.scenes import SCENARIOS
from diorama.sim.text import parse
from diorama.studio import Studio, generate

#: Of a generated image's time.
GOAL = 0.05
#: Makes the photographs that one scenario needs.
PHOTOGRAPHS = Path(__file__).parents[1] / "examples" / "plans" / "photos.py"


def main(
    scenes: Annotated[int, arg(help="Scenes of each scenario.")] = 12,
    scenario: Annotated[tuple[str, ...], arg(help="Only these.")] = (),
    json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None,
) -> None:
    """Measure, and print a line for each scenario."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    json_file = json_file and json_file.absolute()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        runpy.run_path(str(PHOTOGRAPHS), run_name="__main__")
        found = measured(scenario or tuple(SCENARIOS.names()), scenes)
    if json_file:
        json_file.write_text(json.dumps(rounded(found) | machine(), indent=2) + "\n", "utf-8")


def measured(scenarios: tuple[str, ...], scenes: int) -> dict[str, Any]:
    """What each scenario takes."""
    found: dict[str, Any] = {}
    print(f"{'':14}{'ms an image':>12}{'drawing':>10}{'share':>8}  (middle half){'reading the plan':>20}")
    for name in scenarios:
        plan = default_plan(name)
        text = plan_to_text(plan, "yaml")
        start = time.perf_counter()
        plan_from_json(parse(text, "yaml"))
        reading = time.perf_counter() - start
        whole, drawing = [], []
        with Studio(plan) as studio:
            for index in range(scenes):
                generate(plan, 0, index, studio=studio)
            for index in range(scenes):
                seconds = generate(plan, 0, index, studio=studio).provenance.timings_s
                whole.append(1e3 * sum(seconds.values()) / plan.views)
                drawing.append(1e3 * seconds["randomize"] / plan.views)
        shares = [a / b for a, b in zip(drawing, whole, strict=True)]
        low, high = quartiles(shares)
        found[name] = {
            "image_ms": median(whole),
            "randomize_ms": median(drawing),
            "share": median(shares),
            "share_iqr": [low, high],
            "plan_ms": 1e3 * reading,
        }
        mark = "" if median(shares) <= GOAL else f"  over {GOAL:.0%}"
        print(f"{name:14}{median(whole):12.1f}{median(drawing):10.2f}{median(shares):8.1%}  ({low:.1%}..{high:.1%}){1e3 * reading:17.1f} ms{mark}")
    return found


if __name__ == "__main__":
    tyro.cli(main)
