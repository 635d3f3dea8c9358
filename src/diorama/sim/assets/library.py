"""The catalogue: which assets there are, and loading them by id."""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

from diorama.sim.assets import pybullet_data, robots
from diorama.sim.assets.deform import deformed, scaled
from diorama.sim.assets.household import HOUSEHOLD
from diorama.sim.assets.images import packed, read_image, read_photo
from diorama.sim.assets.mesh import Asset, Image
from diorama.sim.assets.report import Accepted, AssetReport
from diorama.sim.assets.shapes import made
from diorama.sim.assets.source import AssetSource
from diorama.sim.assets.street import STREET
from diorama.sim.assets.user import UserFiles
from diorama.sim.errors import AssetError, UnknownName, suggestion
from diorama.sim.spec import MeshShape, Shape

#: Assets that were read, those that were made from them, images, and what was made from these are each kept up to this many bytes, which all
#: built-in assets fit in.
CACHE_BYTES = 192 * 2**20

_RECIPES = {recipes.source: recipes for recipes in (HOUSEHOLD, STREET)}

K = TypeVar("K")
V = TypeVar("V")


class AssetLibrary:
    """Assets by id. `sources` are files, folders and globs of the user's; without any, the built-in library.

    Ids are ``pybullet:<name>``, ``household:<kind>/<variant>``, ``street:<kind>/<variant>`` and ``robot:panda/<link>`` for built-in assets, which
    can always be loaded, and ``user:<relative name>``.
    Files that cannot be used are none of the ids. Which they are shows when all have been read, at the first question that depends on it; who
    knows says so with `refused`, the names and reasons of a `report` on the same sources.
    """

    def __init__(self, sources: Iterable[str | AssetSource] = (), *, refused: Mapping[str, str] | None = None) -> None:
        self._user = UserFiles(AssetSource.all_of(sources))
        self._refused = refused
        # Every scene has new sizes and shapes. Kept apart, they do not crowd out what took long to read and comes again.
        self._kept: _Kept[Shape, Asset] = _Kept(_mesh_bytes, _pictures)
        self._kept_sizes: _Kept[Shape, Asset] = _Kept(_mesh_bytes, _pictures)
        self._images: _Kept[str, Image] = _Kept(lambda image: image.nbytes)
        self._photos: _Kept[str, Image] = _Kept(lambda photo: photo.nbytes)
        self._derived: _Kept[Any, tuple[Any, int, Any]] = _Kept(lambda made: made[1])
        self._digests: dict[str, str] = {}

    def ids(self) -> tuple[str, ...]:
        """The ids to draw objects from, sorted: the user's, or without any sources the built-in ones that a hand can hold."""
        return self._ids

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        if self._user.names() or self._user.refused:
            refused = self.report.reasons if self._refused is None else self._refused
            return tuple(f"user:{n}" for n in self._user.names() if n not in refused)
        return tuple(sorted([f"pybullet:{n}" for n in pybullet_data.names()] + [f"household:{n}" for n in HOUSEHOLD.names()]))

    def category_of(self, asset_id: str) -> tuple[str, str]:
        """(category, supercategory) of an asset, without loading it. Raises UnknownName."""
        source, _, name = asset_id.partition(":")
        if source == "pybullet" and pybullet_data.is_name(name):
            return pybullet_data.category_of(name)
        if source == "robot" and name in robots.LINKS:
            return robots.CATEGORY
        if source in _RECIPES and _RECIPES[source].is_name(name):
            return _RECIPES[source].category_of(name)
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
        """The asset of any shape of a spec, scaled and deformed as it says. Repeated calls return the same object."""
        kept = self._kept if isinstance(shape, MeshShape) and shape.is_as_made else self._kept_sizes
        return kept.find(shape, lambda: self._made(shape))

    def image(self, path: str) -> Image:
        """An image file of the user's: (h, w, 3) or, with alpha, (h, w, 4) uint8. Repeated calls return the same array.

        Raises AssetError naming the file.
        """
        return self._images.find(path, lambda: self._read_image(path))

    def photo(self, path: str) -> Image:
        """A photograph of the user's, upright: (h, w, 3) uint8. Repeated calls return the same array. Raises AssetError naming the file."""
        return self._photos.find(path, lambda: read_photo(Path(path)))

    def packed_image(self, roughness: str, metallic: str) -> Image:
        """Roughness in green and metallic in blue, each the red channel of an image file, or 255 where its path is empty.

        The smaller of two is enlarged to the other's size. Repeated calls return the same array. Raises AssetError naming the file.
        """
        images = tuple(self.image(path) if path else None for path in (roughness, metallic))
        return self.derived(("packed", *map(id, images)), images, lambda: _weighed(packed(*images)))

    def derived(self, key: Any, sources: Any, make: Callable[[], tuple[V, int]]) -> V:
        """What `make` made of the `sources` and how many bytes it takes; kept by `key`, which may hold the sources' ids: these live as long."""
        return self._derived.find(key, lambda: (*make(), sources))[0]

    def fingerprint(self) -> dict[str, str]:
        """SHA-256 of the user's files by relative name, of what they refer to as well; what a resumed run compares.

        Images are among them, by the path they were asked for, once they have been read.
        """
        return self._user.fingerprint() | dict(sorted(self._digests.items()))

    @cached_property
    def report(self) -> AssetReport:
        """What there is of the user's, each file read once; slow results are kept on disk. Raises AssetError when nothing of it can be used,
        and MissingExtra.
        """
        accepted: list[Accepted] = []
        refused = dict(self._user.refused)
        for name in self._user.names():
            try:
                asset = self.load(f"user:{name}")
            except AssetError as error:
                refused[name] = str(error)
            else:
                (x0, y0, z0), (x1, y1, z1) = asset.bounds_m
                accepted.append(
                    Accepted(
                        id=asset.id,
                        category=asset.category,
                        supercategory=asset.supercategory,
                        size_m=(x1 - x0, y1 - y0, z1 - z0),
                        units=self._user.units_of(name),
                        source=self._user.source_of(name),
                    )
                )
        report = AssetReport(accepted=tuple(accepted), reasons=dict(sorted(refused.items())), notes=self._user.notes)
        if refused and not accepted:
            raise AssetError(report.summary() if len(refused) > 1 else next(iter(refused.values())))
        return report

    def _made(self, shape: Shape) -> Asset:
        if not isinstance(shape, MeshShape):
            return made(shape)
        if shape.is_as_made:
            return self._read(shape.asset)
        asset = self.load(shape.asset)
        return scaled(asset if shape.lattice is None else deformed(asset, shape.lattice), shape.scale)

    def _read_image(self, path: str) -> Image:
        image = read_image(Path(path))
        self._digests[path] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return image

    def _read(self, asset_id: str) -> Asset:
        self.category_of(asset_id)
        source, _, name = asset_id.partition(":")
        if source in _RECIPES:
            return _RECIPES[source].load(name)
        if source == "robot":
            return robots.load(name)
        return pybullet_data.load(name) if source == "pybullet" else self._user.load(name)


class _Kept(Generic[K, V]):
    """What was made for each key, up to `CACHE_BYTES`, the least recently used dropped first. `shared` are arrays that several values may have: each
    counts once.
    """

    def __init__(self, size: Callable[[V], int], shared: Callable[[V], Iterable[NDArray[Any]]] = lambda _: ()) -> None:
        self._values: OrderedDict[K, V] = OrderedDict()
        self._size, self._shared = size, shared
        self._users = Counter[int]()
        self.bytes = 0

    def find(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key, made now if it is not there."""
        try:
            self._values.move_to_end(key)
        except KeyError:
            value = self._values[key] = make()
        else:
            return self._values[key]
        self._count(value, 1)
        while self.bytes > CACHE_BYTES and len(self._values) > 1:
            _, dropped = self._values.popitem(last=False)
            self._count(dropped, -1)
        return value

    def _count(self, value: V, sign: int) -> None:
        self.bytes += sign * self._size(value)
        for array in self._shared(value):
            users = self._users[id(array)] = self._users[id(array)] + sign
            if users == (1 if sign > 0 else 0):
                self.bytes += sign * array.nbytes
            if users == 0:
                del self._users[id(array)]


def _weighed(image: Image) -> tuple[Image, int]:
    return image, image.nbytes


def asset_bytes(asset: Asset) -> int:
    """Bytes of the asset's arrays."""
    return _mesh_bytes(asset) + sum({id(image): image.nbytes for image in _pictures(asset)}.values())


def _mesh_bytes(asset: Asset) -> int:
    arrays = [a for p in asset.parts for a in (p.positions, p.normals, p.uv, p.faces)]
    return sum(a.nbytes for a in (*arrays, *asset.hulls))


def _pictures(asset: Asset) -> Iterable[Image]:
    """Which many an asset may share: facades, asphalt."""
    return (image for part in asset.parts for image in part.look.images.values())
