"""Tables of what was measured: a row a picture, a row an object, and which categories are seen together."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from statistics import fmean, median, pstdev
from typing import Any

from diorama.measure.coco import Labelled
from diorama.sim.photo.look import Look

Columns = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture: its labels, and how it looks if it was looked at."""

    labels: Labelled
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Pictures, and what can be said of all of them."""

    pictures: tuple[Seen, ...]

    @property
    def counts(self) -> list[int]:
        """Objects in each picture."""
        return [len(p.labels.boxes) for p in self.pictures]

    def counts_of(self, categories: Sequence[str]) -> list[int]:
        """Objects of these categories in each picture."""
        wanted = set(categories)
        return [sum(box.category in wanted for box in p.labels.boxes) for p in self.pictures]

    @property
    def frequencies(self) -> dict[str, int]:
        """Objects of each category, the most frequent first."""
        counts = Counter(box.category for p in self.pictures for box in p.labels.boxes)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def renamed(self, names: Mapping[str, str]) -> "Statistics":
        """The same with categories called by the keys of `names` instead of its values."""
        keys = {value: key for key, value in names.items()}

        def called(labels: Labelled) -> Labelled:
            return replace(labels, boxes=tuple(replace(box, category=keys.get(box.category, box.category)) for box in labels.boxes))

        return Statistics(tuple(replace(p, labels=called(p.labels)) for p in self.pictures))

    def objects(self) -> Columns:
        """A row an object: `size`, the root of the share of the picture that the box takes; `aspect`, width over height; and its middle
        from the picture's, `right` and `down`, in heights of the picture.
        """
        return {name: [x for column in self.by_picture() for x in column[name]] for name in ("size", "aspect", "right", "down")}

    def by_picture(self) -> list[Columns]:
        """The columns of `objects` for each picture."""
        return [_objects(p.labels) for p in self.pictures]

    def looks(self) -> Columns:
        """A row a picture that was looked at: the fields of `Look`."""
        seen = [p.look for p in self.pictures if p.look is not None]
        return {f.name: [getattr(look, f.name) for look in seen] for f in fields(Look)}

    @property
    def resolution(self) -> tuple[int, int]:
        """The usual size in pixels."""
        return round(median(p.labels.width for p in self.pictures)), round(median(p.labels.height for p in self.pictures))

    def together(self, most: int = 12) -> list[dict[str, Any]]:
        """For each pair of the most frequent categories: pictures with both, and over how many there would be by chance (lift)."""
        names = list(self.frequencies)[:most]
        present = {name: {i for i, p in enumerate(self.pictures) if any(b.category == name for b in p.labels.boxes)} for name in names}
        pairs = []
        for a, b in combinations(names, 2):
            both = len(present[a] & present[b])
            lift = both * len(self.pictures) / (len(present[a]) * len(present[b]))
            pairs.append({"categories": [a, b], "pictures": both, "lift": round(lift, 3)})
        return pairs

    def moments(self) -> dict[str, float]:
        """What a plan is steered by: means and spreads, over pictures (between) and inside them (within)."""
        rows = [r for r in self.by_picture() if r["size"]]
        sizes = [[math.log(s) for s in r["size"]] for r in rows]
        found = {
            "count": fmean(self.counts),
            "log_size": fmean(fmean(s) for s in sizes) if rows else math.nan,
            "log_size_between": pstdev(fmean(s) for s in sizes) if rows else 0.0,
            "log_size_within": math.sqrt(fmean(pstdev(s) ** 2 for s in sizes if len(s) > 1)) if any(len(s) > 1 for s in sizes) else 0.0,
            "offset_between": math.sqrt(fmean(fmean(r[axis]) ** 2 for r in rows for axis in ("right", "down"))) if rows else 0.0,
        }
        looks = self.looks()
        for name in ("red", "blue"):
            looks[f"log_{name}"] = [math.log(gain) for gain in looks.pop(f"{name}_gain")]
        for name, values in looks.items():
            if values:
                found |= {name: fmean(values), f"{name}_spread": pstdev(values)}
        return found

    def to_json_value(self) -> dict[str, Any]:
        """Everything in numbers, for the file of statistics."""
        columns = {"objects in a picture": self.counts, **self.objects(), **self.looks()}
        return {
            "pictures": len(self.pictures),
            "looked_at": sum(p.look is not None for p in self.pictures),
            "resolution": list(self.resolution),
            "columns": {name: summary(values) for name, values in columns.items() if values},
            "categories": self.frequencies,
            "together": self.together(),
        }


def summary(values: Sequence[float]) -> Mapping[str, float]:
    """Count, mean, spread and quantiles."""
    ordered = sorted(values)
    at = {f"p{q}": ordered[round(q / 100 * (len(ordered) - 1))] for q in (0, 5, 25, 50, 75, 95, 100)}
    return {"count": len(ordered)} | {k: float(f"{v:.6g}") for k, v in ({"mean": fmean(ordered), "spread": pstdev(ordered)} | at).items()}


def _objects(labels: Labelled) -> Columns:
    columns: Columns = {"size": [], "aspect": [], "right": [], "down": []}
    for box in labels.boxes:
        x, y, w, h = box.xywh
        columns["size"].append(math.sqrt(w * h / (labels.width * labels.height)))
        columns["aspect"].append(w / h)
        columns["right"].append((x + w / 2 - labels.width / 2) / labels.height)
        columns["down"].append((y + h / 2 - labels.height / 2) / labels.height)
    return columns
