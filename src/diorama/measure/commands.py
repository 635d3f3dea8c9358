"""``diorama fit``: read, measure, write files, say what was found."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from diorama.sim.errors import InvalidValue, OutputError

COCO = """\
Measure real labelled pictures, and write a plan that shows alike ones.

Object counts, categories and which occur together, box sizes and places come from the labels;
exposure, colour balance and noise from the pictures. A few pictures are made to correct the plan by.

examples:
  diorama fit coco real/annotations.json --images real/images
  diorama fit coco real.json --assets meshes/ --out fitted
  diorama generate fitted/plan.yaml --count 1000 --out out/alike
"""

TABLE = """\
Fit distributions to the columns of a CSV file, each by itself and all together.

examples:
  diorama fit table parts.csv
  diorama fit table parts.csv --method trees --out fitted
"""

MASKS = """\
Compare how much of pictures each class takes, in generated masks and in real ones.

examples:
  diorama generate street --exporter cityscapes --count 200 --out out/street
  diorama fit masks out/street camvid/labels --ids camvid
"""

_OUT = Annotated[
    Path | None, arg(metavar="DIR", help="Folder to write to.", help_behavior_hint="(default: named after the file, with -fit behind it)")
]
_OVERWRITE = Annotated[bool, arg(help="Replace what an earlier fit wrote there.", help_behavior_hint="")]
#: As many draws stand beside what was measured.
_DRAWS = 2000


def coco(
    labels: Annotated[Path, Positional, arg(metavar="REAL.json", help="Labels of real pictures, as COCO instances.")],
    *,
    images: Annotated[
        Path | None, arg(metavar="DIR", help="Folder of the pictures.", help_behavior_hint="(default: how they look is not measured)")
    ] = None,
    assets: Annotated[
        tuple[str, ...],
        arg(
            metavar="PATH...",
            help="Your own mesh or URDF files, or folders of them, to show.",
            help_behavior_hint="(default: the built-in library)",
        ),
    ] = (),
    out: _OUT = None,
    tries: Annotated[int, arg(metavar="N", help="Pictures to make and look at, three times over, to correct the plan by; 0 for none.")] = 64,
    pictures: Annotated[int, arg(metavar="N", help="Pictures to look at, at most, spread evenly over the set.")] = 500,
    overwrite: _OVERWRITE = False,
) -> None:
    """Fit a plan to real labelled pictures."""
    from diorama.measure.fitting import fit_coco

    if tries < 0 or pictures < 1:
        raise InvalidValue("--tries must be 0 or more, and --pictures 1 or more")
    folder = _folder(labels, out, ("plan.yaml", "statistics.json", "report.html"), overwrite)
    with _progress("pictures measured and tried") as advance:
        found = fit_coco(labels, images=images, assets=assets, tries=tries, most_pictures=pictures, advance=advance)
    _write(folder, {"plan.yaml": found.plan_text, "statistics.json": _json(found.statistics), "report.html": found.report})
    _say(found.said, folder, "plan.yaml", f"diorama generate {folder / 'plan.yaml'} --count 100 --out out/alike")


def table(
    file: Annotated[Path, Positional, arg(metavar="FILE.csv", help="A table whose first row names its columns.")],
    *,
    method: Annotated[
        Literal["copula", "trees"] | None, arg(help="How columns are tied.", help_behavior_hint="(default: by copula where it will do)")
    ] = None,
    out: _OUT = None,
    overwrite: _OVERWRITE = False,
) -> None:
    """Fit distributions to a table."""
    from diorama.measure.fitting import fit_table

    folder = _folder(file, out, ("variables.yaml", "statistics.json", "report.html"), overwrite)
    found = fit_table(file, method=method, draws=_DRAWS)
    _write(folder, {"variables.yaml": found.plan_text, "statistics.json": _json(found.statistics), "report.html": found.report})
    _say(found.said, folder, "variables.yaml", "Put its variables into a plan, and write {var: NAME.COLUMN} where a number varies.")


def masks(
    generated: Annotated[Path, Positional, arg(metavar="DATASET", help="A data set of the exporter cityscapes.")],
    real: Annotated[Path, Positional, arg(metavar="MASKS", help="A folder of real masks, PNG files with a class's number a pixel.")],
    *,
    ids: Annotated[
        Literal["camvid", "cityscapes"], arg(help="What the numbers of real masks mean: CamVid's eleven in SegNet's order, or Cityscapes' ids.")
    ] = "camvid",
) -> None:
    """Compare class shares."""
    from rich.console import Console
    from rich.table import Table

    from diorama.measure.masks import class_shares

    shares = class_shares(generated, real, ids)
    table = Table(box=None, pad_edge=False)
    for column in ("class", "generated", "real", "ratio"):
        table.add_column(column, justify="left" if column == "class" else "right")
    for share in sorted(shares, key=lambda s: -s.real):
        if share.generated or share.real:
            ratio = "" if share.ratio is None else f"{share.ratio:.2f}"
            table.add_row(share.name, f"{share.generated:.2%}", f"{share.real:.2%}", ratio)
    Console(highlight=False).print(table)


def _folder(source: Path, out: Path | None, names: Sequence[str], overwrite: bool) -> Path:
    """The folder to write to. Raises OutputError when there is something to lose."""
    folder = out or Path(f"{source.stem}-fit")
    there = [name for name in names if (folder / name).exists()]
    if there and not overwrite:
        raise OutputError(f"{folder}: there is a {' and a '.join(there)} already. Replace what is there with --overwrite, or choose another --out")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: this is a file, and no folder to write to")
    return folder


def _write(folder: Path, files: dict[str, str]) -> None:
    """Each file whole or not at all."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            unfinished = folder / f".{name}.tmp"
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(folder / name)
    except OSError as error:
        raise OutputError(f"{folder}: cannot write here: {error.strerror}") from None


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


@contextmanager
def _progress(what: str) -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True, highlight=False)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda: bar.advance(task)


def _say(lines: Sequence[str], folder: Path, first: str, then: str) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    for line in lines:
        console.print(line)
    console.print(f"\nwrote {folder / first}, statistics.json and report.html\n{then}")
