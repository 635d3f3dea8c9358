"""A frame of one of Diorama's own renderers; each frame loads the scene anew, since its bodies have moved.

    python -m rivals.ours SCENES RENDERER [OPTION=NUMBER ...]

SCENES is a JSON file with a list of scenes of one camera each, which frames take in turns; options are the renderer's own.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rivals.worker import Watch, serve, versions_of

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json
from diorama.sim.render import RENDERERS, Renderer
from diorama.sim.spec import SceneSpec

CHANNELS = ("rgb", "instance", "depth", "normal")


def main(scenes: list[SceneSpec], renderer: Renderer) -> None:
    """A frame takes the scene with its poses, and photographs it."""

    def photograph(frame: int, watch: Watch) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
        scene = scenes[frame % len(scenes)]
        with watch("load"):
            renderer.load(scene)
        with watch("render"):
            made = renderer.render(scene.cameras[0], CHANNELS)
        assert made.rgb is not None and made.instance is not None
        return made.rgb, made.instance

    with renderer:
        versions = versions_of("diorama", "warp-lang", "numpy")
        if variant := getattr(renderer, "variant", ""):  # of the path tracer: how Mitsuba was compiled
            versions |= versions_of("mitsuba") | {"variant": variant}
        serve(photograph, versions)


if __name__ == "__main__":
    file, name, *settings = sys.argv[1:]
    options = {option: int(number) for option, _, number in (setting.partition("=") for setting in settings)}
    documents = json.loads(Path(file).read_text("utf-8"))
    main([from_json(SceneSpec, document) for document in documents], RENDERERS[name](AssetLibrary(), **options))
