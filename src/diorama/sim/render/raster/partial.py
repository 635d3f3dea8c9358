"""Looking at triangles that are not everywhere there for everybody: cut-outs, and layers of see-through surfaces."""

from typing import Any

from diorama.sim.render.raster.device import Array, wp
from diorama.sim.render.raster.projection import Projection
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.render.raster.visibility import GROUP, Sieve, rasterize_partial

#: So many layers are seen before a surface; those behind them are left out.
MOST_LAYERS = 8


class Partial:
    """The partial triangles of a scene, for the samples at `offsets` (with a lens, of `rays`), the first `colors` of which are of colours.

    The others are seen by `who` (see presence.py). `width` is the picture's, and `strips` threads share a triangle's rows.
    """

    def __init__(
        self, scene: SceneArrays, projection: Projection, offsets: Array, rays: Array, width: int, colors: int, who: int, strips: int
    ) -> None:
        self._scene, self._projection = scene, projection
        self._offsets, self._rays = offsets, rays
        self._width, self._colors, self._who, self._strips = width, colors, int(who), strips
        self._rows = (0, 0)
        if colors and len(scene.layers):
            boxes = projection.bounds.numpy()[scene.layers.numpy()]
            boxes = boxes[boxes[:, 2] > boxes[:, 0]]
            self._rows = (int(boxes[:, 1].min(initial=0)), int(boxes[:, 3].max(initial=0)))

    def rasterize(self, top: int, bottom: int, winners: Array) -> None:
        """Look at the rows from `top` to before `bottom`. `winners` are those of all samples so far."""
        if len(self._scene.partial):
            self._launch(self._sieve(self._scene.partial), self._offsets, self._rays, top, bottom, winners)

    def layers(self, top: int, bottom: int, winners: Array, layers: Array) -> int:
        """Find the layers before what `winners` hold, one after another: how many there are. `layers` has room for MOST_LAYERS."""
        if self._rows[0] >= bottom or self._rows[1] <= top:
            return 0
        sieve = self._sieve(self._scene.layers)
        sieve.layered, sieve.behind = 1, winners
        size = self._colors * (bottom - top) * -(-self._width // GROUP)
        rays = self._rays[: self._colors] if len(self._rays) else self._rays
        for depth in range(MOST_LAYERS):
            layer = layers[depth * size : (depth + 1) * size]
            layer.zero_()
            sieve.found = wp.zeros(1, dtype=wp.int32, device=layer.device)
            self._launch(sieve, self._offsets[: self._colors], rays, top, bottom, layer)
            if not sieve.found.numpy()[0]:
                return depth
            sieve.before = layer
        return MOST_LAYERS

    def _sieve(self, triangles: Array) -> Any:
        sieve = Sieve()
        sieve.presence, sieve.triangles, sieve.pixel_rad = self._scene.presence, triangles, self._projection.pixel_rad
        sieve.colors, sieve.who = self._colors, self._who
        return sieve

    def _launch(self, sieve: Any, offsets: Array, rays: Array, top: int, bottom: int, winners: Array) -> None:
        p = self._projection
        inputs = [p.functions, p.bounds, sieve, offsets, rays, self._width, top, bottom, *p.reach, self._strips, winners]
        wp.launch(rasterize_partial, dim=(len(sieve.triangles), self._strips), inputs=inputs, device=winners.device)
