"""``diorama refine gate``: whether labels are still right after refinement."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from diorama.sim.errors import InvalidValue, MissingExtra

if TYPE_CHECKING:
    from rich.console import Console

    from diorama.refine.gate import GateReport

GATE = """\
Check that the labels of a refined data set are still right: nothing moved, nothing
appeared, nothing went away, and no file but pictures differs.

A small network learns to see what is labelled in the pictures before, and has to see it
in those after; --oracle keeps it in a file, or takes it from there. A set that fails
ends with exit code 1, and with what failed and where.

examples:
  diorama refine gate --before out/street --after out/street_refined
  diorama refine gate --before out/street --after out/other --oracle out/oracle.pt
"""


ORACLE = Annotated[
    Path | None,
    arg(
        metavar="FILE.pt",
        help="The file of the network that must see the same; written when there is none yet.",
        help_behavior_hint="(default: the refiner's own, or one trained anew)",
    ),
]
GATE_PICTURES = Annotated[int, arg(metavar="N", help="Pictures that the label gate compares, spread over the set; 0 for all.")]


def check_gate_pictures(count: int) -> None:
    """Raises InvalidValue for a count below 0."""
    if count < 0:
        raise InvalidValue(f"--gate-pictures must be 0 (all) or more, got {count}")


def gate(
    *,
    before: Annotated[Path, arg(metavar="DIR", help="Data set that diorama generate wrote.")],
    after: Annotated[Path, arg(metavar="DIR", help="The same, refined.")],
    oracle: Annotated[
        Path | None,
        arg(metavar="FILE.pt", help="The network's file; written when there is none yet.", help_behavior_hint="(default: trained anew)"),
    ] = None,
    steps: Annotated[int, arg(metavar="N", help="Steps of its training, as long as it is trained.")] = 2500,
) -> int:
    """Check labels after refinement."""
    from rich.console import Console
    from rich.progress import Progress

    from diorama.refine.files import check_file
    from diorama.refine.rendered_set import Colours, RenderedSet
    from diorama.refine.same_files import differences

    try:
        from diorama.refine import gate as gating
        from diorama.refine.checked import trained_oracle
        from diorama.refine.checkpoint import read_plain, write_plain
        from diorama.refine.live import one_thread
        from diorama.refine.oracle import KIND, Oracle, OracleSettings
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtra("refine gate", "torch", "refine") from None

    if before.resolve() == after.resolve():
        raise InvalidValue("--before and --after are one folder; a gate compares a data set with what became of it")
    rendered, refined = RenderedSet(before), RenderedSet(after)
    if oracle is not None and any(oracle.resolve().is_relative_to(folder.resolve()) for folder in (before, after)):
        raise InvalidValue(f"{oracle}: a file in one of the data sets would make it differ from the other; choose another folder")
    if oracle is not None and not oracle.is_file():
        check_file(oracle)
    console, notes = Console(highlight=False), Console(stderr=True, highlight=False)
    faults = differences(rendered, refined)
    if faults:
        shown = "\n".join(faults[:8]) + (f"\nand {len(faults) - 8} more" if len(faults) > 8 else "")
        console.print(f"gate failed: files besides pictures differ\n{shown}")
        return 1
    if oracle is not None and oracle.exists():
        network = Oracle.from_state(read_plain(oracle, KIND))
    else:
        notes.print("training the network that has to see the same before and after ...")
        network = trained_oracle(rendered, 0, OracleSettings(steps=steps))
        if oracle is not None:
            write_plain(oracle, KIND, network.state())
    with one_thread(), Progress(console=notes, transient=True, disable=not notes.is_terminal) as bar:
        task = bar.add_task("pictures compared", total=len(rendered))
        report = gating.gate(rendered, Colours(refined), network, advance=lambda: bar.advance(task))
    print_report(console, report)
    return 0 if report.passed else 1


def print_report(console: "Console", report: "GateReport") -> None:
    """All measures, and what failed."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("measure", "value", "limit", "", "pictures", "remark"):
        table.add_column(column, justify="right" if column in ("value", "limit") else "left")
    for measure in report.measures:
        some = ", ".join(map(str, measure.worst[:6])) + (f", ... ({len(measure.worst)})" if len(measure.worst) > 6 else "")
        bound = f"{'>=' if measure.must_reach else '<='} {measure.limit:g}"
        table.add_row(measure.name, f"{measure.value:.3g}", bound, "ok" if measure.passed else "FAILED", some, measure.remark)
    console.print(table)
    console.print(f"{report.pictures} pictures: " + ("labels are right" if report.passed else f"gate failed by {', '.join(report.failed)}"))
