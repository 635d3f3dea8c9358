"""``diorama refine``: what is left of the gap between renderings and photographs."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from diorama.sim.errors import InvalidValue, MissingExtra, OutputError

if TYPE_CHECKING:
    from rich.console import Console

    from diorama.refine.base import Pictures
    from diorama.refine.photos import Photos
    from diorama.refine.score import Gap

SCORE = """\
Measure how far renderings are from photographs.

Photographs need no labels. Keep those that anything was trained on out of --real: each
file is recognised, whatever its name.

examples:
  diorama refine score --sim out/street --real camvid/images
  diorama refine score --sim out/street out/street_refined --real camvid/images --hold-out 67
  diorama refine score --sim out/street other/photos --real photos --out gap
"""


def score(
    *,
    sim: Annotated[tuple[Path, ...], arg(metavar="DIR...", help="Data sets that diorama generate wrote, or folders of pictures.")],
    real: Annotated[Path, arg(metavar="DIR", help="Folder of photographs.")],
    hold_out: Annotated[
        int | None, arg(metavar="N", help="Compare with the last N photographs, by name, alone.", help_behavior_hint="(default: all)")
    ] = None,
    out: Annotated[
        Path | None, arg(metavar="DIR", help="Folder for gap.json and a sheet of pictures.", help_behavior_hint="(default: a table alone)")
    ] = None,
) -> None:
    """Measure the gap."""
    from rich.console import Console

    from diorama.refine.files import made_folder
    from diorama.refine.photos import find_photos, pictures_of, seen_by

    try:
        import diorama.refine.score  # noqa: F401 - it is asked for before anything is read
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtra("refine score", "torch", "refine") from None

    photos = find_photos(real)
    if hold_out is not None:
        photos = photos.split(hold_out)[1]
    if len({path.resolve() for path in sim}) < len(sim):
        raise InvalidValue("--sim names one folder twice")
    sets = {path.name if [p.name for p in sim].count(path.name) == 1 else str(path): pictures_of(path) for path in sim}
    for path, pictures in zip(sim, sets.values(), strict=True):
        photos.refuse_known(pictures.digests, "among the pictures they are compared with")
        photos.refuse_known(seen_by(path), f"among those that the refiner of {path.name} was made from")
    if out is not None:
        made_folder(out)
    console = Console(highlight=False)
    notes = Console(stderr=True, highlight=False)
    warn_of_few(notes, photos)
    gaps = scored(notes, sets, photos)
    print_gaps(console, gaps)
    if out is not None:
        write_gaps(console, out, gaps, sets, photos)


def scored(notes: "Console", sets: Mapping[str, "Pictures"], photos: "Pictures") -> tuple["Gap", ...]:
    """The gaps of all sets, by all processors; on a terminal with a bar and the time that is left, elsewhere with a line for each set."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from diorama.refine import score as scoring

    stages = dict.fromkeys(sets, 0)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as bar:
        task = bar.add_task("scoring", total=scoring.STAGES * len(sets))

        def advance(name: str) -> None:
            stages[name] += 1
            bar.update(task, advance=1, description=f"scoring {name}")
            if bar.disable and stages[name] == scoring.STAGES:
                notes.print(f"scored {name}, {sum(done == scoring.STAGES for done in stages.values())} of {len(stages)}")

        return scoring.score(sets, photos, workers=processors(), advance=advance)


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def warn_of_few(notes: "Console", photos: "Photos") -> None:
    """Say so when there are few photographs."""
    from diorama.refine.photos import FEW

    if len(photos) < FEW:
        some = "1 photograph" if len(photos) == 1 else f"{len(photos)} photographs"
        notes.print(f"only {some}: what they have in common may be their motif and not their camera; {FEW} or more tell more")


def print_gaps(console: "Console", gaps: Sequence["Gap"]) -> None:
    """What is left of the gap, a line for each set, and what it is made of."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("set", "pictures", "told apart (AUC)", "95 %", "distance", "spectrum dB", "edges"):
        table.add_column(column, justify="left" if column == "set" else "right")
    for gap in gaps:
        apart = gap.separability
        table.add_row(
            gap.name,
            str(gap.count),
            f"{apart.auc:.3f}",
            f"{apart.low:.3f}-{apart.high:.3f}",
            f"{gap.distance.value:.4f} ± {gap.distance.error:.4f}",
            f"{gap.named.spectrum_db:.1f}",
            f"{gap.named.gradients:.4f}",
        )
    console.print(table)
    console.print(f"0.5 cannot be told apart, 1 always. The distance is a kernel's on features of {gaps[0].extractor}: compare it with no other.")
    for gap in gaps:
        largest = sorted(gap.named.shifts.items(), key=lambda item: -abs(item[1]))[:4]
        console.print(f"{gap.name}: " + ", ".join(f"{name} {shift:+.1f}" for name, shift in largest) + "  (of what is usual among photographs)")


def write_gaps(console: "Console", out: Path, gaps: Sequence["Gap"], sets: Mapping[str, "Pictures"], photos: "Pictures") -> None:
    """The same as a file, and pictures of each set. Raises OutputError."""
    import cv2

    from diorama.refine.files import cannot_write, made_folder, write_whole
    from diorama.refine.score import sheet

    picture = cv2.cvtColor(sheet(sets, photos), cv2.COLOR_RGB2BGR)
    try:
        write_whole(made_folder(out) / "gap.json", json.dumps([asdict(gap) for gap in gaps], indent=1).encode() + b"\n")
        write_whole(out / "gap.png", cv2.imencode(".png", picture)[1].tobytes())
    except OSError as error:
        raise OutputError(f"{out}: {cannot_write(error)}") from None
    console.print(f"wrote {out / 'gap.json'} and gap.png")
