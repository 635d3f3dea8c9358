"""What stands around and behind a scene, and lamps that flicker, drawn and photographed: for `digests.py`."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any


def surrounded(sample: Any, studio: Any) -> Iterator[tuple[str, bytes]]:
    """What was drawn for the sample's scene, and its light as a camera sees it: with every kind of light, an HDR map, a sky and a photograph."""
    import cv2
    import numpy as np

    from diorama.randomizers.base import Context
    from diorama.randomizers.distributions import Constant, Uniform
    from diorama.randomizers.hdr import HdrMaps
    from diorama.randomizers.lights import KINDS, Lights
    from diorama.randomizers.photo_backdrop import PhotoBackdrops
    from diorama.randomizers.sky import Place, Sky
    from diorama.sim.seeds import Seed

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rng = np.random.default_rng(sample.index)
        rgbe = rng.integers(128, 256, (64, 128, 4), dtype=np.uint8)
        rgbe[..., 3] = 127
        rgbe[12, 40:42, 3] = 139  # a sun
        (folder / "map.hdr").write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 64 +X 128\n" + rgbe.tobytes())
        noise = rng.integers(0, 256, (333, 517, 3), dtype=np.uint8)
        for suffix in ("png", "jpg"):
            (folder / f"photo.{suffix}").write_bytes(cv2.imencode(f".{suffix}", noise)[1].tobytes())
        one = {"shadowed": Constant(2), "flicker": Uniform(0.2, 0.6)}
        randomizers = [
            *(Lights(key=Constant(kind), others=Constant(kind), label=kind, **one) for kind in KINDS),
            HdrMaps(paths=(str(folder / "map.hdr"),)),
            Sky(place=Place()),
            *(PhotoBackdrops(paths=(str(folder / f"photo.{suffix}"),), label=suffix) for suffix in ("png", "jpg")),
        ]
        camera = replace(sample.frames[0].camera, width=64, height=48, cx=32, cy=24, rolling_shutter_s=0.015, exposure_s=0.002)
        for randomizer in randomizers:
            spec = sample.spec.replace(cameras=(camera,) if randomizer.stage == "view" else ())
            params = randomizer.sample(Seed(sample.index), spec, Context(library=studio.library))
            what = randomizer.label or randomizer.name
            yield f"drawn: {what}", json.dumps(params).replace(name, "").encode()
            spec = randomizer.apply(spec, params)
            studio.renderer.load(spec)
            yield f"lit: {what}", studio.renderer.render(*spec.cameras or (camera,), ("radiance", "shadow")).radiance.tobytes()
