"""Make the pictures of docs/distributions.md: densities as formulas give them, over histograms of draws.

    python docs/make_distribution_pictures.py                  all of them
    python docs/make_distribution_pictures.py gamma beta       of these families

Needs the extra "fit".
"""

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diorama import (
    Beta,
    ChiSquare,
    Choice,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    GaussianCopula,
    Hybrid,
    LogNormal,
    LogUniform,
    Mixture,
    Normal,
    Poisson,
    Schedule,
    Seed,
    SequentialTrees,
    SphereShell,
    Split,
    Truncated,
    TruncatedNormal,
    Uniform,
    UniformInt,
    UniformRotation,
    UnitSphere,
    VonMises,
)

HERE = Path(__file__).parent / "images" / "distributions"
COLORS = ("#2b6cb0", "#dd6b20", "#2f855a")
SIZE_IN = (4.2, 2.2)
DRAWS = 20_000
POINTS = 400


def draws(distribution: Distribution, count: int = DRAWS) -> list[Any]:
    """Draws from a stream of the family's own."""
    rng = Seed(0).child("docs", distribution.family).rng()
    return [distribution.sample(rng) for _ in range(count)]


def above(axes: Axes, labels: Sequence[str] = ()) -> None:
    """A legend that hides nothing."""
    lines = axes.get_legend_handles_labels()[0]
    named = labels or axes.get_legend_handles_labels()[1]
    axes.legend(
        lines, named, fontsize=7, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(named) if max(map(len, named)) < 18 else 1
    )


def densities(low: float, high: float, *shown: Distribution) -> Callable[[Axes], None]:
    """Curves of densities over histograms."""

    def draw(axes: Axes) -> None:
        xs = [low + (high - low) * (i + 0.5) / POINTS for i in range(POINTS)]
        for distribution, color in zip(shown, COLORS, strict=False):
            drawn = draws(distribution)
            inside = [x for x in drawn if low <= x <= high]
            weights = [60 / (high - low) / len(drawn)] * len(inside)
            axes.hist(inside, 60, range=(low, high), weights=weights, color=color, alpha=0.25)
            axes.plot(xs, [math.exp(distribution.log_prob(x)) for x in xs], color=color, linewidth=1.5, label=repr(distribution))
        axes.set_xlim(low, high)
        axes.set_ylim(0, min(axes.get_ylim()[1], 4 * 60 / (high - low) / 10))
        above(axes)

    return draw


def shares(*shown: Distribution) -> Callable[[Axes], None]:
    """Bars of draws, and points of probabilities."""

    def draw(axes: Axes) -> None:
        for number, (distribution, color) in enumerate(zip(shown, COLORS, strict=False)):
            drawn = draws(distribution)
            kinds = sorted(set(drawn))
            places = [k if isinstance(k, int) else i for i, k in enumerate(kinds)]
            shift = 0.3 * (number - (len(shown) - 1) / 2)
            axes.bar([p + shift for p in places], [drawn.count(k) / len(drawn) for k in kinds], 0.8 / len(shown), color=color, alpha=0.35)
            axes.plot(
                [p + shift for p in places],
                [math.exp(distribution.log_prob(k)) for k in kinds],
                "o",
                markersize=3,
                color=color,
                label=repr(distribution),
            )
            if isinstance(kinds[0], str):
                axes.set_xticks(places, kinds)
        axes.set_ylim(bottom=0)
        above(axes)

    return draw


def histogram(distribution: Distribution, low: float, high: float, of: Callable[[Any], float] = float) -> Callable[[Axes], None]:
    """Draws alone."""

    def draw(axes: Axes) -> None:
        axes.hist([of(x) for x in draws(distribution)], 80, range=(low, high), density=True, color=COLORS[0], alpha=0.5)
        axes.set_xlim(low, high)

    return draw


def dots(distribution: Distribution, x: str | int, y: str | int, kind: str = "") -> Callable[[Axes], None]:
    """Two coordinates, or columns, of some draws."""

    def draw(axes: Axes) -> None:
        drawn = draws(distribution, 1500)
        words = sorted({row[kind] for row in drawn}) if kind else [""]
        for word, color in zip(words, COLORS, strict=False):
            rows = [row for row in drawn if not kind or row[kind] == word]
            axes.plot([row[x] for row in rows], [row[y] for row in rows], ".", markersize=2.5, alpha=0.6, color=color, label=word)
        if kind:
            above(axes)
        if isinstance(x, str):
            axes.set_xlabel(x, fontsize=8)
            axes.set_ylabel(str(y), fontsize=8)
        else:
            axes.set_aspect("equal")

    return draw


def progress(schedule: Schedule, low: float, high: float, indices: Sequence[int]) -> Callable[[Axes], None]:
    """A schedule at some scenes."""

    def draw(axes: Axes) -> None:
        densities(low, high, *(schedule.at(index) for index in indices))(axes)
        above(axes, [f"scene {index}: {schedule.at(index)!r}" for index in indices])

    return draw


MEASURED = Empirical([0.2, 0.25, 0.27, 0.3, 0.31, 0.33, 0.34, 0.36, 0.4, 0.45, 0.6, 0.9])
TREES = SequentialTrees(
    {
        "kind": Choice({"cup": 2, "fork": 1}),
        "height": Split("kind", "cup", Normal(0.1, 0.01), Normal(0.02, 0.003)),
        "width": Split("kind", "fork", Normal(0.2, 0.01), Split("height", 0.1, Normal(0.07, 0.004), Normal(0.09, 0.004))),
    }
)
PICTURES: dict[str, Callable[[Axes], None]] = {
    "uniform": densities(0, 1.2, Uniform(0.2, 1), Uniform(0, 0.5)),
    "log-uniform": densities(0, 2, LogUniform(0.1, 2)),
    "normal": densities(-4, 6, Normal(0, 1), Normal(2, 0.5)),
    "truncated-normal": densities(-1.2, 3.2, TruncatedNormal(0, 1, -1, 3), TruncatedNormal(2, 0.5, 1, 3)),
    "log-normal": densities(0, 4, LogNormal(0, 0.25), LogNormal(0, 0.75)),
    "exponential": densities(0, 5, Exponential(1), Exponential(0.4)),
    "chi-square": densities(0, 14, ChiSquare(2), ChiSquare(5)),
    "gamma": densities(0, 8, Gamma(1.5, 1), Gamma(6, 0.5)),
    "beta": densities(0, 1, Beta(2, 5), Beta(0.5, 0.5), Beta(8, 3)),
    "von-mises": densities(-math.pi, math.pi, VonMises(0, 1), VonMises(0, 8)),
    "poisson": shares(Poisson(1.5), Poisson(6)),
    "uniform-int": shares(UniformInt(2, 7)),
    "choice": shares(Choice({"red": 1, "green": 2, "blue": 3})),
    "empirical": histogram(MEASURED, 0.1, 1),
    "mixture": densities(-3, 7, Mixture([Normal(0, 1), Normal(4, 0.5)], [2, 1])),
    "hybrid": densities(0, 1.2, Hybrid(real=Normal(0.4, 0.08), prior=Uniform(0, 1.2), weight=0.7)),
    "truncated": densities(0, 6, Truncated(Gamma(2, 1), 0.5, 4)),
    "schedule": progress(Schedule(Normal(0, 0.3), Normal(4, 1.2), 1000), -2, 8, (0, 500, 1000)),
    "unit-sphere": dots(UnitSphere(), 0, 1),
    "sphere-shell": dots(SphereShell(0.7, 1), 0, 1),
    "uniform-rotation": histogram(UniformRotation(), 0, 180, lambda q: 2 * math.degrees(math.acos(min(q[0], 1.0)))),
    "gaussian-copula": dots(GaussianCopula({"size": LogNormal(-1, 0.3), "weight": Gamma(3, 0.2)}, [[1, 0.8], [0.8, 1]]), "size", "weight"),
    "sequential-trees": dots(TREES, "width", "height", "kind"),
}


def main(names: Sequence[str]) -> None:
    """Write the pictures of these families, or of all."""
    HERE.mkdir(parents=True, exist_ok=True)
    for name in names or PICTURES:
        figure = Figure(figsize=SIZE_IN, layout="constrained", dpi=100)
        axes = figure.add_subplot()
        PICTURES[name](axes)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=7)
        figure.savefig(HERE / f"{name}.png", metadata={"Software": None})
        print(HERE / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
