"""The catalogue: which assets there are, and loading them by id."""

from collections.abc import Sequence

from diorama.sim.assets.mesh import Asset


class AssetLibrary:
    """Assets by id. `sources` are files and folders of the user's; without any, the built-in library."""

    def __init__(self, sources: Sequence[str] = ()) -> None: ...

    def ids(self) -> tuple[str, ...]: ...  # sorted

    def category_of(self, asset_id: str) -> tuple[str, str]: ...  # (category, supercategory), without loading the mesh

    def categories(self) -> tuple[tuple[str, str], ...]: ...  # all (category, supercategory), sorted by category

    def load(self, asset_id: str) -> Asset: ...

    def fingerprint(self) -> dict[str, str]: ...  # user files: relative name -> content hash; what a resumed run compares
