"""A frame of one of Diorama's own renderers; each frame loads the scene anew, since its bodies have moved.

    python -m rivals.ours SCENES RENDERER

SCENES is a JSON file with a list of scenes of one camera each, which frames take in turns.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rivals.worker import Watch, serve

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json
from diorama.sim.render import Renderer, open_renderer
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
        serve(photograph, "diorama", "warp-lang", "numpy")


if __name__ == "__main__":
    documents = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    main([from_json(SceneSpec, document) for document in documents], open_renderer(sys.argv[2], AssetLibrary()))
