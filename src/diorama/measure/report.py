"""Reports: one HTML file that shows what was measured beside what is drawn, its plots inside it."""

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from diorama.sim.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_REAL, _DRAWN = "#2b6cb0", "#dd6b20"
_WIDTH_IN, _HEIGHT_IN = 2.9, 2.2
_MOST_ACROSS = 4
#: Of more columns, pairs are not plotted.
_MOST_PAIRED = 5
_MOST_DOTS = 1500
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a202c; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; margin: .6rem 0; } td, th { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top; }
th { border-bottom: 1px solid #a0aec0; font-weight: 600; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
img { max-width: 100%; } .real { color: #2b6cb0; } .drawn { color: #dd6b20; } p.note { color: #4a5568; } code { font-size: .9em; }
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences below it, a table (first row its heads) and a plot; each may be empty."""

    title: str
    notes: Sequence[str] = ()
    table: Sequence[Sequence[Any]] = ()
    png: bytes = b""


def page(title: str, sections: Sequence[Section]) -> str:
    """The report as HTML that needs no other file."""
    body = [f"<h1>{escape(title)}</h1>", '<p>In plots, <b class="real">measured</b> and <b class="drawn">drawn</b>.</p>']
    for section in sections:
        body.append(f"<h2>{escape(section.title)}</h2>")
        body += [f'<p class="note">{escape(note)}</p>' for note in section.notes]
        if section.table:
            body.append(_table(section.table))
        if section.png:
            data = base64.b64encode(section.png).decode("ascii")
            body.append(f'<img alt="{escape(section.title)}" src="data:image/png;base64,{data}">')
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(body) + "\n</body></html>\n"


def compared(columns: Mapping[str, tuple[Sequence[Any], Sequence[Any]]]) -> bytes:
    """A plot for each column of what was measured and what was drawn, as PNG: histograms of equal area, or bars of shares.

    Raises MissingExtra without matplotlib.
    """
    names = list(columns)
    across = min(len(names), _MOST_ACROSS)
    figure = _figure(across, math.ceil(len(names) / across))
    for place, name in enumerate(names):
        axes = figure.add_subplot(math.ceil(len(names) / across), across, place + 1)
        _histogram(axes, name, *columns[name])
    return _png(figure)


def pairs(real: Mapping[str, Sequence[float]], drawn: Mapping[str, Sequence[float]]) -> bytes:
    """Two plots for each pair of columns of numbers, one of what was measured and one of what was drawn, as PNG; none of many columns."""
    names = [name for name in real if len(set(real[name])) > 1]
    chosen = list(combinations(names, 2)) if 2 <= len(names) <= _MOST_PAIRED else []
    if not chosen:
        return b""
    across = min(2 * len(chosen), _MOST_ACROSS)
    down = math.ceil(2 * len(chosen) / across)
    figure = _figure(across, down)
    dots = min(len(real[names[0]]), len(drawn[names[0]]), _MOST_DOTS)
    for place, (a, b) in enumerate(chosen):
        x, y = _limits(real[a], drawn[a]), _limits(real[b], drawn[b])
        for side, (source, color) in enumerate(((real, _REAL), (drawn, _DRAWN))):
            axes = figure.add_subplot(down, across, 2 * place + side + 1)
            axes.plot(source[a][:dots], source[b][:dots], ".", markersize=2.5, alpha=0.5, color=color)
            axes.set(xlim=x, ylim=y)
            axes.set_xlabel(a, fontsize=8)
            axes.set_ylabel(b, fontsize=8)
            _plain(axes)
    return _png(figure)


def _histogram(axes: "Axes", name: str, real: Sequence[Any], drawn: Sequence[Any]) -> None:
    axes.set_title(name, fontsize=9, loc="left")
    _plain(axes)
    if not real or not drawn:
        return
    is_listed = isinstance(real[0], str) or (all(isinstance(v, int) for v in (*real, *drawn)) and len({*real, *drawn}) <= 30)
    if is_listed:
        kinds = sorted({*real, *drawn}, key=lambda v: (-list(real).count(v), v) if isinstance(v, str) else (0, v))[:12]
        places = np.arange(len(kinds))
        shares = [[list(values).count(k) / len(values) for k in kinds] for values in (real, drawn)]
        axes.bar(places, shares[0], 0.8, color=_REAL, alpha=0.45)
        axes.bar(places, shares[1], 0.8, color="none", edgecolor=_DRAWN, linewidth=1.4)
        long = isinstance(kinds[0], str)
        axes.set_xticks(places, [str(k)[:12] for k in kinds], rotation=60 if long else 0, ha="right" if long else "center")
        return
    edges = np.linspace(*_limits(real, drawn), 31).tolist()
    axes.hist(real, edges, density=True, color=_REAL, alpha=0.45)
    axes.hist(drawn, edges, density=True, color=_DRAWN, histtype="step", linewidth=1.4)


def _limits(*columns: Sequence[float]) -> tuple[float, float]:
    """A range that shows nearly all of the values: far outliers would leave no room for the rest."""
    low = min(float(np.quantile(c, 0.02)) for c in columns)
    high = max(float(np.quantile(c, 0.98)) for c in columns)
    margin = 0.04 * (high - low) or 0.5
    return low - margin, high + margin


def _plain(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7)


def _figure(across: int, down: int) -> "Figure":
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("a report with plots", "matplotlib", "fit") from None
    return Figure(figsize=(_WIDTH_IN * across, _HEIGHT_IN * down), layout="constrained", dpi=110)


def _png(figure: "Figure") -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _table(rows: Sequence[Sequence[Any]]) -> str:
    def cells(row: Sequence[Any], tag: str, is_number: Sequence[bool]) -> str:
        marks = (' class="n"' if n else "" for n in is_number)
        return "".join(f"<{tag}{mark}>{escape(_said(cell))}</{tag}>" for cell, mark in zip(row, marks, strict=True))

    head, *body = rows
    is_number = [bool(body) and all(isinstance(row[i], (int, float)) or row[i] is None for row in body) for i in range(len(head))]
    lines = [f"<tr>{cells(head, 'th', is_number)}</tr>", *(f"<tr>{cells(row, 'td', is_number)}</tr>" for row in body)]
    return "<table>" + "\n".join(lines) + "</table>"


def _said(cell: Any) -> str:
    if cell is None:
        return ""
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
