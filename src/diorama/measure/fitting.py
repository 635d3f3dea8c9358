"""From a file to what is written about it: measure, fit, try, report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

from diorama.measure.coco import read_coco
from diorama.measure.report import Section, compared, page, pairs
from diorama.measure.statistics import Seen, Statistics
from diorama.measure.steering import LONGEST_PX, Knobs, Steered, corrected, steered
from diorama.measure.table import read_table
from diorama.measure.trial import tried
from diorama.plan import plan_from_json
from diorama.randomizers.fit import Fit
from diorama.randomizers.fit_joint import JointFit, Method, fit_joint
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.photo.look import look_of, read_picture
from diorama.sim.seeds import Seed
from diorama.sim.text import to_text

#: After the first correction, by so much of the difference: what few pictures show is partly chance.
_STEPS = (1.0, 0.6)
_STEERED = {
    "objects in a picture": "objects.count",
    "size": "camera-shell.fill, objects.scale",
    "right": "camera-shell.aim",
    "down": "camera-shell.aim",
    "brightness": "sensor.error_ev",
    "exposure_ev": "sensor.error_ev",
    "red_gain": "sensor.red_gain",
    "blue_gain": "sensor.blue_gain",
    "kelvin": "sensor.red_gain, sensor.blue_gain",
    "noise": "sensor.read_noise",
}


@dataclass(frozen=True, slots=True)
class Written:
    """The texts of a fit: a plan or its variables as YAML, statistics as a JSON value, a report as HTML, and what to say of it."""

    plan_text: str
    statistics: dict[str, Any]
    report: str
    said: Sequence[str]


def fit_coco(
    labels: Path,
    *,
    images: Path | None = None,
    assets: tuple[str, ...] = (),
    tries: int = 64,
    most_pictures: int = 500,
    advance: Callable[[], None] = lambda: None,
) -> Written:
    """Fit a plan to a COCO set; see `diorama.measure.steering` for what is steered by what.

    `images` is the folder of the pictures, without which their looks are not measured. `tries` pictures are made three times over, to
    correct the plan by what they show. Raises InvalidValue for what cannot be read, MissingExtra without the extra ``fit``.
    """
    real = measured(labels, images, most_pictures, advance)
    library = AssetLibrary(assets)
    known = {library.category_of(asset)[0] for asset in library.ids()}
    found, shown = steered(real, Knobs(), known, assets), None
    knobs = Knobs()
    if tries:
        for number, step in enumerate(_STEPS):
            shown = tried(plan_from_json(found.document), tries, first=number * tries, advance=advance)
            knobs = corrected(knobs, real, shown, step)
            found = steered(real, knobs, known, assets)
        shown = tried(plan_from_json(found.document), tries, first=len(_STEPS) * tries, advance=advance).renamed(found.matched)
    plan_from_json(found.document)  # never write what cannot be read
    statistics = {"measured": real.to_json_value()} | ({"made": shown.to_json_value()} if shown else {})
    statistics |= {"content": found.content.to_json_value()} | ({"look": found.look.to_json_value()} if found.look else {})
    return Written(
        plan_text=_header(labels, found) + to_text(found.document, "yaml"),
        statistics=statistics,
        report=_coco_report(labels, real, shown, found),
        said=_coco_said(real, shown, found),
    )


def measured(labels: Path, images: Path | None, most: int, advance: Callable[[], None] = lambda: None) -> Statistics:
    """The pictures of a COCO file, of which `most` at most are looked at. Raises InvalidValue, also when a picture is not there."""
    pictures = read_coco(labels)
    step = max(len(pictures) / most, 1.0)
    chosen = {int(i * step) for i in range(min(most, len(pictures)))} if images else set()
    seen = []
    for i, picture in enumerate(pictures):
        look = None
        if images and i in chosen:
            look = look_of(read_picture(_find(images, picture.file_name), LONGEST_PX))
            advance()
        seen.append(Seen(picture, look))
    return Statistics(tuple(seen))


def _find(folder: Path, file_name: str) -> Path:
    """Where a picture is: as the labels say, or by its bare name."""
    bare = Path(file_name.replace("\\", "/")).name
    inside = folder / file_name
    is_inside = not Path(file_name).is_absolute() and ".." not in Path(file_name).parts
    if is_inside and inside.is_file():
        return inside
    if (folder / bare).is_file():
        return folder / bare
    raise InvalidValue(f"{folder}: there is no picture {file_name} in this folder")


def fit_table(file: Path, *, method: Method | None = None, draws: int = 2000) -> Written:
    """Fit the columns of a CSV file, each by itself and all together as one variable named after the file.

    Raises InvalidValue for what cannot be read or fitted, MissingExtra without the extra ``fit``.
    """
    table, notes = read_table(file)
    joint = fit_joint(table, method=method)
    name = "".join(c if c.isalnum() else "_" for c in file.stem) or "table"
    name = name if name[0].isalpha() and name.isascii() else f"table_{name}" if name.isascii() else "table"
    rng = Seed(0).child("report").rng()
    drawn = [joint.chosen.sample(rng) for _ in range(draws)]
    together = {column: [row[column] for row in drawn] for column in table}
    head = (
        f"# Fitted to {file.name}, {joint.count} rows: {joint.method}, as {joint.reason}.\n# Write {{var: {name}.{next(iter(table))}}} in a plan.\n\n"
    )
    said = [*notes, f"{joint.count} rows, tied by {joint.method}: {joint.reason}", ""]
    said += [f"{column}: {found.chosen!r}" for column, found in joint.columns.items()]
    numbers = [column for column in table if not isinstance(table[column][0], str)]
    ranks = [("columns", "measured", "drawn"), *((" and ".join(pair), r, joint.spearman_drawn[pair]) for pair, r in joint.spearman.items())]
    sections = [
        Section("All columns, drawn together", notes, (), compared({c: (table[c], together[c]) for c in table})),
        Section("Rank correlations (Spearman)", (), ranks if joint.spearman else (), pairs({c: table[c] for c in numbers}, together)),
        *(_fit_section(column, found, table[column]) for column, found in joint.columns.items()),
    ]
    return Written(
        plan_text=f"{head}variables:\n  {name}:\n{indent(to_text(joint.chosen.to_json_value(), 'yaml'), '    ')}",
        statistics=joint.to_json_value(),
        report=page(f"{file.name}, fitted", sections),
        said=said,
    )


# --- words and tables -------------------------------------------------------------------------------------------


def _fit_section(name: str, found: Fit, values: Sequence[Any]) -> Section:
    """One column by itself: its candidates, and draws of the chosen one."""
    rows = [("candidate", "AIC", "KS distance", "p"), *((repr(c.distribution), c.aic, c.ks, c.ks_p) for c in found.candidates)]
    rng = Seed(0).child("report", name).rng()
    drawn = [found.chosen.sample(rng) for _ in range(len(values) if len(values) > 500 else 500)]
    note = f"Chosen: {found.chosen!r}, from {found.count} values."
    return Section(name, [note], rows if found.candidates else (), compared({name: (values, drawn)}))


def _header(labels: Path, found: Steered) -> str:
    lines = [f"# Fitted to {labels.name}. Numbers in statistics.json, plots in report.html."]
    if found.strangers:
        lines.append(f"# No asset has the categories {', '.join(found.strangers)}: any objects stand for theirs. Give your own with --assets.")
    return "\n".join(lines) + "\n\n"


def _coco_said(real: Statistics, shown: Statistics | None, found: Steered) -> list[str]:
    said = [f"{len(real.pictures)} pictures, {sum(real.counts)} objects of {len(real.frequencies)} categories"]
    if found.strangers:
        said.append(f"no asset has the categories {', '.join(found.strangers)}: any objects stand for theirs. Give your own with --assets")
    want, got = real.moments(), shown.moments() if shown else {}
    said.append(f"\n{'':16}{'measured':>10}" + (f"{'made':>10}" if shown else ""))
    for name in ("count", "log_size", "offset_between", "exposure_ev", "log_red", "log_blue", "noise"):
        if name in want:
            said.append(f"{name:16}{want[name]:10.3f}" + (f"{got[name]:10.3f}" if shown else ""))
    return said


def _coco_report(labels: Path, real: Statistics, shown: Statistics | None, found: Steered) -> str:
    sections = []
    columns = _columns(real)
    if shown:
        made = _columns(shown)
        table: list[tuple[Any, ...]] = [("", "measured", "made", "spread measured", "spread made", "steered by")]
        for name, values in columns.items():
            a, b = _mean_and_spread(values), _mean_and_spread(made[name])
            table.append((name, a[0], b[0], a[1], b[1], _STEERED.get(name, "nothing")))
        note = f"{len(real.pictures)} real pictures, {len(shown.pictures)} made by the plan."
        sections.append(Section("Statistics", [note], table, compared({n: (v, made[n]) for n, v in columns.items()})))
        sections.append(_categories_section(real, shown, found))
        sections.append(_together_section(real, shown))
    for title, joint in (("Objects of each category, fitted", found.content), ("Looks, fitted: what the sensor is set to", found.look)):
        if isinstance(joint, JointFit):
            sections.append(_joint_section(title, joint))
        elif isinstance(joint, Fit):
            sections.append(Section(title, [f"Chosen: {joint.chosen!r}, from {joint.count} pictures."]))
    return page(f"{labels.name}, measured", sections)


def _columns(statistics: Statistics) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"objects in a picture": statistics.counts, **statistics.objects()}
    return columns | {name: values for name, values in statistics.looks().items() if values}


def _mean_and_spread(values: Sequence[float]) -> tuple[float | None, float | None]:
    if not values:
        return None, None
    mean = sum(values) / len(values)
    return mean, (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5


def _categories_section(real: Statistics, shown: Statistics, found: Steered) -> Section:
    want, got = real.frequencies, shown.frequencies
    total = max(sum(want.values()), 1), max(sum(got.values()), 1)
    rows = [("category", "share measured", "share made")]
    rows += [(name, want[name] / total[0], None if name in found.strangers else got.get(name, 0) / total[1]) for name in list(want)[:25]]
    notes = [f"No asset has the categories {', '.join(found.strangers)}: any objects stand for theirs."] if found.strangers else []
    return Section("Categories", notes, rows)


def _together_section(real: Statistics, shown: Statistics) -> Section:
    lifts = {frozenset(pair["categories"]): pair["lift"] for pair in shown.together(40)}
    rows: list[tuple[Any, ...]] = [("seen together", "pictures", "lift measured", "lift made")]
    for pair in real.together(8):
        rows.append((" and ".join(pair["categories"]), pair["pictures"], pair["lift"], lifts.get(frozenset(pair["categories"]))))
    note = "Lift is over how many pictures there would be by chance."
    return Section("Categories that are seen together", [note], rows if len(rows) > 1 else ())


def _joint_section(title: str, joint: JointFit) -> Section:
    rows = [("column", "by itself"), *((name, repr(found.chosen)) for name, found in joint.columns.items())]
    return Section(title, [f"Tied by {joint.method}: {joint.reason}. Drawn as {joint.chosen!r}."], rows)
