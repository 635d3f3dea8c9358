"""The catalogue: which assets there are, and loading them by id."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from diorama.sim.assets import household, pybullet_data
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.assets.user import UserFiles
from diorama.sim.errors import UnknownName, suggestion
from diorama.sim.spec import MeshShape, Shape

#: Assets that were read and those that were made from them are each kept up to this many bytes of arrays, which all built-in ones fit in.
CACHE_BYTES = 192 * 2**20


class AssetLibrary:
    """Assets by id. `sources` are files and folders of the user's; without any, the built-in library.

    Ids are ``pybullet:<name>`` and ``household:<kind>/<variant>`` for built-in assets, which can always be loaded, and ``user:<relative name>``.
    """

    def __init__(self, sources: Sequence[str] = ()) -> None:
        self._user = UserFiles(sources)
        # Every scene has new sizes. Kept apart, they do not crowd out what took long to read and comes again.
        self._kept, self._kept_sizes = _Kept(), _Kept()

    def ids(self) -> tuple[str, ...]:
        """The ids to draw objects from, sorted: the user's, or without any sources all built-in ones."""
        if self._user.names():
            return tuple(f"user:{n}" for n in self._user.names())
        return tuple(sorted([f"pybullet:{n}" for n in pybullet_data.names()] + [f"household:{n}" for n in household.names()]))

    def category_of(self, asset_id: str) -> tuple[str, str]:
        """(category, supercategory) of an asset, without loading it. Raises UnknownName."""
        source, _, name = asset_id.partition(":")
        if source == "pybullet" and pybullet_data.is_name(name):
            return pybullet_data.category_of(name)
        if source == "household" and household.is_name(name):
            return household.category_of(name)
        if source == "user" and name in self._user:
            return self._user.category_of(name)
        raise UnknownName(f'no asset has the id "{asset_id}".{suggestion(asset_id, self.ids())}')

    def categories(self) -> tuple[tuple[str, str], ...]:
        """All (category, supercategory) pairs of `ids`, sorted by category."""
        return tuple(sorted({self.category_of(i) for i in self.ids()}))

    def load(self, asset_id: str) -> Asset:
        """The asset of an id, at its own size. Raises UnknownName, or AssetError naming the file that cannot be used."""
        return self.shape_asset(MeshShape(asset=asset_id))

    def shape_asset(self, shape: Shape) -> Asset:
        """The asset of any shape of a spec, its scale applied. Repeated calls return the same object."""
        kept = self._kept if isinstance(shape, MeshShape) and shape.scale == 1 else self._kept_sizes
        return kept.find(shape) or kept.keep(shape, self._made(shape))

    def fingerprint(self) -> dict[str, str]:
        """SHA-256 of the user's files by relative name, of what they refer to as well; what a resumed run compares."""
        return self._user.fingerprint()

    def check(self) -> None:
        """Load each of the user's assets once, so that a bad file is reported before work begins, and slow results are kept on disk.

        Raises AssetError naming the first file that cannot be used, or MissingExtra.
        """
        for name in self._user.names():
            self.load(f"user:{name}")

    def _made(self, shape: Shape) -> Asset:
        if not isinstance(shape, MeshShape):
            return primitive_asset(shape)
        return self._read(shape.asset) if shape.scale == 1 else scaled(self.load(shape.asset), shape.scale)

    def _read(self, asset_id: str) -> Asset:
        self.category_of(asset_id)
        source, _, name = asset_id.partition(":")
        return {"pybullet": pybullet_data.load, "household": household.load, "user": self._user.load}[source](name)


class _Kept:
    """Assets by shape, up to `CACHE_BYTES`, the least recently used dropped first."""

    def __init__(self) -> None:
        self._assets: OrderedDict[Shape, Asset] = OrderedDict()
        self.bytes = 0

    def find(self, shape: Shape) -> Asset | None:
        asset = self._assets.get(shape)
        if asset is not None:
            self._assets.move_to_end(shape)
        return asset

    def keep(self, shape: Shape, asset: Asset) -> Asset:
        self._assets[shape] = asset
        self.bytes += asset_bytes(asset)
        while self.bytes > CACHE_BYTES and len(self._assets) > 1:
            _, dropped = self._assets.popitem(last=False)
            self.bytes -= asset_bytes(dropped)
        return asset


def scaled(asset: Asset, scale: float) -> Asset:
    """The asset `scale` times as large, of the same density."""
    parts = tuple(replace(p, positions=p.positions * np.float32(scale), uv=p.uv * np.float32(scale) if p.uv_in_metres else p.uv) for p in asset.parts)
    low, high = (tuple(c * scale for c in corner) for corner in asset.bounds_m)
    return replace(
        asset,
        parts=parts,
        hulls=tuple(h * scale for h in asset.hulls),
        bounds_m=((low[0], low[1], low[2]), (high[0], high[1], high[2])),
        volume_m3=asset.volume_m3 * scale * scale * scale,
    )


def asset_bytes(asset: Asset) -> int:
    """Bytes of the asset's arrays."""
    arrays = [a for p in asset.parts for a in (p.positions, p.normals, p.uv, p.faces, p.texture) if a is not None]
    return sum(a.nbytes for a in (*arrays, *asset.hulls))
