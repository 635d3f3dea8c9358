"""Surfaces of the ground, each a tile of some metres: what bodies look like by `BodySpec.look_of`."""

from collections.abc import Callable

import numpy as np

from diorama.sim.assets.mesh import Image, Look, Slot
from diorama.sim.assets.primitives import box
from diorama.sim.assets.recipe import Draft, Kind
from diorama.sim.assets.street.surfaces import green, paved, roads
from diorama.sim.assets.street.surfaces.tile import Tile
from diorama.sim.assets.surface import Surface
from diorama.sim.assets.textures import relief
from diorama.sim.spec import MaterialSpec

_THICK_M = 0.02
#: Edges of the unit square, as corners of a texture.
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def _recipe(make: Callable[[np.random.Generator], Tile]) -> Callable[[np.random.Generator], Draft]:
    def draft(rng: np.random.Generator) -> Draft:
        tile = make(rng)
        images: dict[Slot, Image] = {"base_color": tile.picture}
        if tile.heights is not None:
            images["normal"] = relief(tile.heights)
        material = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=tile.roughness, normal_scale=tile.relief)
        size = (tile.width_m, tile.width_m, _THICK_M)
        positions, faces = box(size)
        corners = positions[:, :2] / tile.width_m + 0.5
        top = np.column_stack([(_CORNERS - 0.5) * tile.width_m, np.full(4, _THICK_M / 2)])
        surface = Surface(positions=top, faces=np.array([[0, 1, 2], [0, 2, 3]]), uv=_CORNERS, look=Look(material=material, images=images))
        rest = Surface(positions=positions, faces=faces[positions[faces, 2].mean(axis=1) < _THICK_M / 2 - 1e-9], uv=corners, look=surface.look)
        return Draft(
            surfaces=[surface, rest], hulls=[positions], density_kg_m3=2300.0, volume_and_center=(tile.width_m**2 * _THICK_M, (0.0, 0.0, 0.0))
        )

    return draft


#: All kinds of surfaces by their names.
SURFACES: dict[str, Kind] = {
    name: Kind("surface", _recipe(make))
    for name, make in {
        "asphalt": roads.asphalt,
        "asphalt-new": roads.new_asphalt,
        "asphalt-old": roads.old_asphalt,
        "asphalt-red": roads.red_asphalt,
        "concrete": paved.concrete,
        "cobbles": paved.cobbles,
        "gravel": green.gravel,
        "kerbstone": paved.kerbstone,
        "lawn": green.lawn,
        "meadow": green.meadow,
        "paving-bricks": paved.bricks,
        "paving-slabs": paved.slabs,
        "soil": green.soil,
    }.items()
}
