"""CSV files as columns of numbers, whole numbers or words."""

import csv
import math
from pathlib import Path
from typing import Any

from diorama.sim.errors import InvalidValue

#: Words of more different kinds are names, and are not drawn.
MOST_WORDS = 100


def read_table(path: Path) -> tuple[dict[str, list[Any]], list[str]]:
    """The columns of a CSV file whose first row names them, and a sentence for each thing that was left out.

    A column is of whole numbers or numbers if all its cells are, or else of words. Rows with an empty cell, NaN or infinity are left
    out, and so are columns of names: words nearly all of which are different. Raises InvalidValue.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            sample = file.read(65536)
            file.seek(0)
            rows = list(csv.reader(file, delimiter=_delimiter(sample)))
    except OSError as error:
        raise InvalidValue(f"{path}: cannot read this table: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidValue(f"{path}: this is no CSV file: {error}") from None
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise InvalidValue(f"{path}: expected a row of names and at least one of values")
    names = [name.strip() for name in rows[0]]
    if len(set(names)) < len(names) or not all(names):
        raise InvalidValue(f"{path}: the first row must name each column, differently, got {', '.join(names)}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(names):
            raise InvalidValue(f"{path}: row {number} has {len(row)} cells, and there are {len(names)} columns")
    notes: list[str] = []
    cells = [[cell.strip() for cell in row] for row in rows[1:]]
    whole = [row for row in cells if all(row) and not any(_is_nowhere(cell) for cell in row)]
    if len(whole) < len(cells):
        notes.append(f"{len(cells) - len(whole)} of {len(cells)} rows have empty cells and are left out")
    if not whole:
        raise InvalidValue(f"{path}: every row has an empty cell")
    columns = {name.replace(".", "_"): _typed([row[i] for row in whole]) for i, name in enumerate(names)}
    for name, values in list(columns.items()):
        if isinstance(values[0], str) and len(set(values)) > min(MOST_WORDS, max(len(values) // 2, 2)):
            notes.append(f"{name} holds {len(set(values))} different words, which are taken for names and left out")
            del columns[name]
    if not columns:
        raise InvalidValue(f"{path}: there are only names in this table")
    return columns, notes


def _delimiter(sample: str) -> str:
    """The separator that the first row has most of."""
    first = sample.splitlines()[0] if sample else ""
    return max(",;\t", key=first.count)


def _is_nowhere(cell: str) -> bool:
    number = _number(cell)
    return number is not None and not math.isfinite(number)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _typed(cells: list[str]) -> list[Any]:
    numbers = [_number(cell) for cell in cells]
    if any(number is None for number in numbers):
        return cells
    if all(cell.lstrip("+-").isdigit() for cell in cells):
        return [int(cell) for cell in cells]
    return numbers
