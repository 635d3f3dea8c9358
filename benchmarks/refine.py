"""How many pictures a second refiners make of a written data set: alone, and as `diorama refine apply` does it, from files to files.

    python benchmarks/refine.py --data out/street --real photos
    python benchmarks/refine.py refiner.pt --data out/street --real photos --json refine.json

Those that learn nothing are fitted to the photographs, and measured in turns with whatever checkpoints are named. A refiner alone has its picture in
memory, and one thread; from files to files there are as many threads as `--workers`. The label gate, which looks at 64 pictures however many there
are, is left out.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import tyro
from figures import machine, quartiles, rounded
from tyro.conf import Positional, arg

from diorama.refine import checkpoint
from diorama.refine.apply import refine_dataset
from diorama.refine.base import Refiner
from diorama.refine.gate import GateReport, Measure
from diorama.refine.live import one_thread
from diorama.refine.photos import find_photos
from diorama.refine.rendered_set import RenderedSet
from diorama.refine.transfer import Fourier, Histogram, Identity, Reinhard


def main(
    refiners: Annotated[tuple[Path, ...], Positional, arg(metavar="REFINER.pt...")] = (),
    *,
    data: Annotated[Path, arg(metavar="DIR", help="Data set in COCO's format.")],
    real: Annotated[Path, arg(metavar="DIR", help="Folder of photographs.")],
    repeats: int = 5,
    alone: Annotated[int, arg(help="Pictures a repeat that each refiner makes alone.")] = 20,
    workers: int = os.cpu_count() or 1,
    json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None,
) -> None:
    """Measure, print, and write the figures to a file."""
    photos, rendered = find_photos(real), RenderedSet(data)
    plain = (Identity(), *(kind.fitted(photos) for kind in (Reinhard, Histogram, Fourier)))
    made: dict[str, Refiner] = {refiner.name: refiner for refiner in plain}
    made |= {path.name: checkpoint.load(path)[0] for path in refiners}
    height, width = rendered[0].depth_m.shape
    print(f"{len(rendered)} pictures of {width}x{height}, {workers} workers")
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, f"{number}.pt") for number, name in enumerate(made)}
        for name, path in files.items():
            checkpoint.save(path, made[name], {})
        values: dict[str, list[float]] = {}
        for repeat in range(repeats):
            for name, rate in _once(made, files, rendered, Path(folder, f"out{repeat}"), alone, workers).items():
                values.setdefault(name, []).append(rate)
    for name, rates in values.items():
        figures[name], figures[f"{name}_iqr"] = statistics.median(rates), quartiles(rates)
        low, high = quartiles(rates)
        print(f"{statistics.median(rates):8.1f}  {name} (middle half: {low:.1f} to {high:.1f})")
    if json_file:
        setting = {"pictures": len(rendered), "resolution": [width, height], "workers": workers, "repeats": repeats, "torch": version("torch")}
        json_file.write_text(json.dumps(rounded(figures) | {"setting": setting} | machine(), indent=2) + "\n", "utf-8")


def _once(made: Mapping[str, Refiner], files: Mapping[str, Path], rendered: RenderedSet, out: Path, alone: int, workers: int) -> dict[str, float]:
    """One repeat: pictures a second of each refiner, alone and from files to files."""
    rates: dict[str, float] = {}
    pictures = [rendered[number % len(rendered)] for number in range(alone)]
    for name, refiner in made.items():
        with one_thread():
            refiner.apply(pictures[0], rendered.seed_of(0))
            start = time.perf_counter()
            for number, picture in enumerate(pictures):
                refiner.apply(picture, rendered.seed_of(number % len(rendered)))
            rates[f"{name}_images_per_s"] = alone / (time.perf_counter() - start)
        start = time.perf_counter()
        refine_dataset(files[name], rendered.root, out / name, workers=workers, check=_unchecked)
        rates[f"{name}_files_per_s"] = len(rendered) / (time.perf_counter() - start)
    return rates


def _unchecked(*_: Any) -> GateReport:
    return GateReport(1, (Measure(name="left out", value=0.0, limit=0.0, must_reach=False),))


if __name__ == "__main__":
    tyro.cli(main)
