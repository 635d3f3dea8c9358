"""Many things in a row that are one: posts, pieces of a fence."""

from dataclasses import dataclass
from typing import ClassVar

from diorama.sim.spec.checks import check, finite


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShape:
    """As many things of one recipe (``street:bollard/3``) side by side along y, `step_m` apart. The landmark ``base`` is in the middle."""

    kind: ClassVar[str] = "row"
    asset: str
    count: int
    step_m: float

    def __post_init__(self) -> None:
        check(self.asset.startswith("street:"), self, f'asset must be made by a recipe of the street, such as street:fence/0, got "{self.asset}"')
        check(1 <= self.count <= 200, self, f"count must be in 1..200, got {self.count}")
        check(finite(self.step_m) and 0 < self.step_m <= 100, self, f"step_m must be in 0..100, got {self.step_m}")
