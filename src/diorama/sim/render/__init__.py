"""From a `SceneSpec` to pictures: one protocol, interchangeable renderers.

A renderer is an engine, used in a ``with`` block. `load` takes a scene (bodies, lights, environment); `render`
then photographs it by one camera at a time, so that what does not depend on the camera is done once.
"""

from collections.abc import Collection
from typing import Any, Protocol, Self

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Frame
from diorama.sim.registry import Registry
from diorama.sim.spec import CameraSpec, SceneSpec


class Renderer(Protocol):
    """What every renderer offers."""

    def load(self, spec: SceneSpec) -> None:
        """Take a scene whose bodies are where they are to be seen. Its cameras are ignored."""
        ...

    def render(self, camera: CameraSpec, channels: Collection[str]) -> Frame:
        """Photograph the loaded scene. `channels` is a subset of `diorama.sim.frame.CHANNELS`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


def open_renderer(name: str, library: AssetLibrary, **settings: Any) -> Renderer:
    """The renderer of this name, not yet entered. `settings` are its own: see `diorama.sim.render.settings`.

    Raises UnknownName, and MissingExtra when the renderer's engine is not installed.
    """
    return RENDERERS[name](library, **settings)


RENDERERS = Registry(
    "renderer",
    "diorama.renderers",
    {
        "gl": "diorama.sim.render.gl:GL",
        "pathtrace": "diorama.sim.render.pathtrace:PathTracer",
        "raster": "diorama.sim.render.raster:Raster",
    },
)
