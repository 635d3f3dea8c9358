"""SI everywhere: names carry units, and assets come in metres about their centre of mass."""

import dataclasses
import re

import numpy as np
import pytest
import trimesh

from diorama.sim import frame, spec
from diorama.sim.assets.library import AssetLibrary

#: Other units, in the ways in which they end a name.
NOT_SI = re.compile(r"_(mm|cm|km|inch|ft|feet|g|gram|grams|ms|us|min|h|deg|degrees|lb|kph|mph|rpm)$")
#: What has a unit and must say so. Radiometric quantities and what is counted in pixels of a camera say it in their docstring.
LENGTHS = re.compile(r"(position|size|radius|height|depth|near|far|bounds|center|tile)")
DATA = [cls for module in (spec, frame) for cls in vars(module).values() if dataclasses.is_dataclass(cls) and cls.__module__ == module.__name__]


@pytest.mark.parametrize("cls", DATA, ids=lambda cls: cls.__name__)
def test_names_carry_si_units(cls):
    names = [f.name for f in dataclasses.fields(cls)]
    assert [name for name in names if NOT_SI.search(name)] == []
    plain = {"height"} if "width" in names else set()
    assert [name for name in names if LENGTHS.match(name) and not name.endswith(("_m", "_px", "_rad")) and name not in plain] == []


@pytest.mark.parametrize("asset_id", ["household:mug/0", "household:bottle/1", "household:bowl/2", "pybullet:random_urdfs/417"])
def test_a_bodys_origin_is_its_centre_of_mass(asset_id):
    """By another program's arithmetic on what is touched. Pieces of a thin wall overlap a little, hence the tolerance."""
    asset = AssetLibrary().load(asset_id)
    pieces = [trimesh.convex.convex_hull(hull) for hull in asset.hulls]
    center = sum(piece.volume * piece.center_mass for piece in pieces) / sum(piece.volume for piece in pieces)
    size = np.subtract(*reversed(asset.bounds_m))
    assert (np.abs(center) < 0.05 * size).all()


@pytest.mark.parametrize("asset_id", ["household:mug/0", "household:bottle/1", "household:bowl/2", "pybullet:random_urdfs/417"])
def test_assets_are_as_large_as_things_on_a_table(asset_id):
    """Metres, not millimetres or the file's own units."""
    asset = AssetLibrary().load(asset_id)
    assert 0.02 < max(np.subtract(*reversed(asset.bounds_m))) < 0.4
    for part in asset.parts:
        assert (part.positions >= np.float32(asset.bounds_m[0])).all()
        assert (part.positions <= np.float32(asset.bounds_m[1])).all()
