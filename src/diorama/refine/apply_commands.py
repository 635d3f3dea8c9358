"""``diorama refine fit``, ``apply`` and ``compare``: refiners made, put to use, and measured beside each other."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from diorama.refine.gate_commands import GATE_PICTURES, ORACLE, check_gate_pictures, print_report
from diorama.sim.errors import InvalidValue, OutputError, UnknownName, suggestion

if TYPE_CHECKING:
    from diorama.refine.base import Refiner
    from diorama.refine.photos import Photos

FIT = """\
Fit a refiner that learns nothing: it gives each picture the colours of a photograph.

Methods: reinhard (mean and spread), histogram, fourier (the lowest frequencies).
Photographs held out are left for diorama refine score.

examples:
  diorama refine fit histogram --real camvid/images --hold-out 67 --out refiner.pt
"""

APPLY = """\
Refine the pictures of a data set, into another folder.

All other files are copied byte for byte. The same command goes on with one that was
interrupted. Before the copy is finished, the label gate compares some of its pictures
with what they were: when labels are not right any more, the exit code is 1, and the
copy is no data set. See diorama refine gate.

examples:
  diorama refine apply refiner.pt --data out/street --out out/street_refined
  diorama refine apply reinhard.pt --data out/street --out out/other --oracle oracle.pt
"""

COMPARE = """\
Score refiners beside each other: refiners in files, and those that learn nothing.

Photographs are split by name: those that are not held out are what reinhard, histogram
and fourier take colours from, and are scored as a set of their own, to know how near is
near enough. A refiner that has seen photographs of those held out is refused.

examples:
  diorama refine compare --sim out/street --real camvid/images --hold-out 67
  diorama refine compare refiner.pt --sim out/street --real camvid/images --hold-out 67
"""

#: Fits a refiner to photographs, by name.
_METHODS = ("reinhard", "histogram", "fourier")

_REAL = Annotated[Path, arg(metavar="DIR", help="Folder of photographs.")]
_HOLD_OUT = "The last N photographs, by name, "


def fit(
    method: Annotated[str, Positional, arg(metavar="METHOD", help="One of reinhard, histogram, fourier.")],
    *,
    real: _REAL,
    out: Annotated[Path, arg(metavar="FILE.pt", help="Where to write the refiner.")],
    hold_out: Annotated[int | None, arg(metavar="N", help=_HOLD_OUT + "are not looked at.", help_behavior_hint="(default: none)")] = None,
) -> None:
    """Fit colours of photographs."""
    from rich.console import Console

    from diorama.refine import checkpoint
    from diorama.refine.commands import warn_of_few
    from diorama.refine.files import check_file
    from diorama.refine.photos import find_photos

    if method not in _METHODS:
        raise UnknownName(f'no method named "{method}".{suggestion(method, _METHODS)}')
    if out.is_file():
        raise OutputError(f"{out} exists already; name another file")
    check_file(out)
    photos = find_photos(real)
    photos = photos if hold_out is None else photos.split(hold_out)[0]
    warn_of_few(Console(stderr=True, highlight=False), photos)
    checkpoint.save(out, _fitted(method, photos), {"photos": list(photos.digests)})
    Console(highlight=False, soft_wrap=True).print(f"fitted {method} to {len(photos)} photographs: {out}")


def apply(
    refiner: Annotated[Path, Positional, arg(metavar="REFINER.pt", help="File of a refiner.")],
    *,
    data: Annotated[Path, arg(metavar="DIR", help="Data set that diorama generate wrote.")],
    out: Annotated[Path, arg(metavar="DIR", help="Folder for the refined one, new or empty.")],
    workers: Annotated[
        int | None, arg(metavar="N", help="Threads to work in; the result is the same.", help_behavior_hint="(default: one a processor)")
    ] = None,
    gate_pictures: GATE_PICTURES = 64,
    oracle: ORACLE = None,
) -> int:
    """Refine a data set."""
    from functools import partial

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from diorama.refine import checked
    from diorama.refine.apply import GateFailed, refine_dataset
    from diorama.refine.commands import processors
    from diorama.refine.files import check_file

    check_gate_pictures(gate_pictures)
    if oracle is not None and not oracle.is_file():
        check_file(oracle)
    for folder in (data, out):
        if oracle is not None and oracle.resolve().is_relative_to(folder.resolve()):
            raise InvalidValue(f"{oracle}: a file in a data set would make it differ from its copy; choose another folder")
    if workers is None:
        workers = processors()
    notes = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    begun = ended = time.monotonic()

    def advance(done: int, of: int) -> None:
        nonlocal ended
        ended = time.monotonic()
        bar.update(task, completed=done, total=of)

    try:
        with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as bar:
            task = bar.add_task("refining", total=None)
            check = partial(checked.check_labels, pictures=gate_pictures, oracle=oracle, told=notes.print)
            made = refine_dataset(refiner, data, out, workers=workers, progress=advance, check=check)
    except GateFailed as failed:
        print_report(Console(highlight=False), failed.report)
        notes.print(f"{failed}. Other refiners may keep labels right; learned ones with more weight on what they keep.", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted. Finished pictures are kept: the same command goes on.") from None
    rate = f" ({made / (ended - begun):.1f} a second)" if made else ""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"refined {made} pictures{rate}; labels are right, and all other files are copied: {out}")
    return 0


def compare(
    refiners: Annotated[tuple[Path, ...], Positional, arg(metavar="REFINER.pt...", help="Files of refiners.", help_behavior_hint="")] = (),
    *,
    sim: Annotated[Path, arg(metavar="DIR", help="Data set that diorama generate wrote.")],
    real: _REAL,
    hold_out: Annotated[int, arg(metavar="N", help=_HOLD_OUT + "are what is compared with.")],
    out: Annotated[
        Path | None, arg(metavar="DIR", help="Folder for gap.json and a sheet of pictures.", help_behavior_hint="(default: a table alone)")
    ] = None,
) -> None:
    """Compare refiners."""
    from rich.console import Console

    from diorama.refine import checkpoint  # first: it says what to do where torch is missing
    from diorama.refine.commands import print_gaps, scored, warn_of_few, write_gaps
    from diorama.refine.files import made_folder
    from diorama.refine.live import Refined
    from diorama.refine.photos import find_photos, seen_by
    from diorama.refine.rendered_set import RenderedSet
    from diorama.refine.transfer import Identity

    if len({path.resolve() for path in refiners}) < len(refiners):
        raise InvalidValue("a refiner is named twice")
    rendered, (known, unseen) = RenderedSet(sim), find_photos(real).split(hold_out)
    unseen.refuse_known(seen_by(sim), f"among those that the refiner of {sim.name} was made from")
    entrants: dict[str, Refiner] = {"unrefined": Identity()} | {method: _fitted(method, known) for method in _METHODS}
    for path in refiners:
        entrants[path.name if [p.name for p in refiners].count(path.name) == 1 else str(path)], facts = checkpoint.load(path)
        unseen.refuse_known(facts.get("photos", ()), f"among those that {path.name} was made from")
    sets = {name: Refined(refiner, rendered) for name, refiner in entrants.items()} | {"photographs": known}
    if out is not None:
        made_folder(out)
    notes = Console(stderr=True, highlight=False)
    warn_of_few(notes, unseen)
    gaps = scored(notes, sets, unseen)
    console = Console(highlight=False)
    print_gaps(console, gaps)
    if out is not None:
        write_gaps(console, out, gaps, sets, unseen)


def _fitted(method: str, photos: "Photos") -> "Refiner":
    from diorama.refine.transfer import Fourier, Histogram, Reinhard

    return {"reinhard": Reinhard, "histogram": Histogram, "fourier": Fourier}[method].fitted(photos)
