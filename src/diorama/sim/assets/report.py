"""What was found of the user's assets, what was refused and why, and whether sizes look as though in other units."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diorama.sim.assets.source import METRES, AssetSource, Units
from diorama.sim.spec import Vec3

#: The largest side of things that one finds in a house, in metres, from a die to a wardrobe.
_HOUSEHOLD_M = (0.005, 2.5)
#: Larger than this, or smaller, is asked about.
_LARGE_M, _SMALL_M = 5.0, 0.001
#: A message lists no more than this.
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An asset that can be used, the size of its bounding box, and the units that its file's numbers were taken for."""

    id: str
    category: str
    supercategory: str
    size_m: Vec3
    units: Units
    source: AssetSource

    @property
    def widest_m(self) -> float:
        """Its largest side."""
        return max(self.size_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetReport:
    """The user's assets: those `accepted`, sorted by id; for the names of those refused, the `reasons`; and `notes` on what was odd."""

    accepted: tuple[Accepted, ...]
    reasons: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many assets there are of each category, sorted."""
        return dict(sorted(Counter(a.category for a in self.accepted).items()))

    def summary(self) -> str:
        """A line on what there is, and one for each refusal; of many, for the first."""
        said = f"{_number(len(self.accepted), 'asset')} of {_number(len(self.counts()), 'category', 'categories')}"
        if not self.reasons:
            return said
        lines = [*self.reasons.values()][:_SHOWN]
        if len(self.reasons) > _SHOWN:
            lines.append(f"and {len(self.reasons) - _SHOWN} more")
        return f"{said}; refused {len(self.reasons)}:" + "".join(f"\n  {line}" for line in lines)

    def warnings(self) -> tuple[str, ...]:
        """What a person should look at before work begins: sizes that look like other units, and notes."""
        by_source: dict[AssetSource, list[Accepted]] = {}
        for asset in self.accepted:
            by_source.setdefault(asset.source, []).append(asset)
        return (*(said for source, assets in by_source.items() if (said := _odd_size(source, assets))), *self.notes)


def _odd_size(source: AssetSource, assets: Sequence[Accepted]) -> str:
    """A warning about the assets of one source; empty when all could be right."""
    large = [a for a in assets if a.widest_m > _LARGE_M]
    small = [a for a in assets if a.widest_m < _SMALL_M]
    if not large and not small:
        return ""
    odd = large or small
    one = max(large, key=lambda a: a.widest_m) if large else min(small, key=lambda a: a.widest_m)
    share = "" if len(assets) == 1 else f" ({len(odd)} of {len(assets)} are {f'wider than {_LARGE_M:g} m' if large else 'narrower than 1 mm'})"
    said = f"{source.path}: {'the widest asset' if large else 'the narrowest asset'}, {one.id}, is {length(one.widest_m)}{share}"
    likely = _likely_units(odd)
    if not likely:
        return f"{said}: look whether its units are right (diorama assets inspect)"
    return f"{said}: these look like {_NAMES[likely]}; say units: {likely}"


_NAMES: dict[Units, str] = {"mm": "millimetres", "cm": "centimetres", "m": "metres", "in": "inches"}


def _likely_units(odd: Sequence[Accepted]) -> Units | None:
    """The units in which most of these would be things of a house; millimetres before others, which are rarer in files."""
    low, high = _HOUSEHOLD_M
    choices: tuple[Units, ...] = ("mm", "m", "cm")
    fitting = {u: sum(low <= a.widest_m / METRES[a.units] * METRES[u] <= high for a in odd) for u in choices}
    best = max(choices, key=lambda units: fitting[units])
    return best if fitting[best] * 2 > len(odd) else None


def length(metres: float) -> str:
    """A length to read, in the unit that suits it."""
    if metres >= 1:
        return f"{metres:.3g} m" if metres < 1000 else f"{metres:.0f} m"
    return f"{metres * 100:.3g} cm" if metres >= 0.01 else f"{metres * 1000:.3g} mm"


def _number(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"
