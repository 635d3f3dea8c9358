"""Makes scenes on this machine, or on one that it pretends to be, and prints a digest of everything on the way. A script:

    python digests.py '{"scenes": [0, 1], "objects": [2, 3], "kernels": "flags for Warp's compiler", "sloppy_libm": true}'

`sloppy_libm` is a C library whose transcendental functions miss by one unit in the last place, half of the time upwards and half
of the time downwards. What this machine's libraries see of its processor is decided by environment variables.
"""

import json
import math
import struct
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

TRANSCENDENTAL = ("acos", "asin", "atan", "atan2", "cos", "exp", "log", "log10", "log2", "pow", "sin", "tan")


def sloppy(function: Callable[..., float]) -> Callable[..., float]:
    def nearby(*arguments: float) -> float:
        exact = function(*arguments)
        if exact.is_integer():  # sin(0), exp(0) and the like are right everywhere
            return exact
        upwards = sha256(struct.pack("<d", exact)).digest()[0] & 1
        return math.nextafter(exact, math.inf if upwards else -math.inf)

    return nearby


def c_library() -> str:
    """A digest of many results of the C library, from Python's `math`, which returns them as they are."""
    points = [0.001 + 3 * (k * 0.6180339887498949 % 1) for k in range(1, 20000)]
    values = [f(x) for f in (math.sin, math.cos, math.exp, math.log) for x in points]
    return digest(struct.pack(f"<{len(values)}d", *values))


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


def compile_kernels(flags: str) -> None:
    """Have the renderer's kernels compiled with these flags in place of the ones it asks for. To be called before any is launched."""
    import warp as wp

    import diorama.sim.render.raster

    wp.config.cpu_compiler_flags = flags
    for name in [name for name in sys.modules if name.startswith(diorama.sim.render.raster.__name__)]:
        wp.set_module_options({"cpu_compiler_flags": flags}, module=sys.modules[name])


def machine() -> dict[str, Any]:
    """What the libraries make of the processor."""
    import cv2
    import numpy as np
    import warp as wp

    return {
        "C library": c_library(),
        "numpy": sorted(name for name in np._core._multiarray_umath.__cpu_dispatch__ if np._core._multiarray_umath.__cpu_features__[name]),
        "opencv": [name[1:] for name in cv2.getCPUFeaturesLine().split() if name.startswith("*") and not name.endswith("?")],
        "warp": wp.get_cpu_kernel_cache_key(),
    }


def scene(plan: Any, index: int, studio: Any) -> dict[str, str]:
    import diorama
    from diorama.sim.frame import CHANNELS, Frame
    from diorama.sim.spec import Adjustment, BodySpec, BrownConrady, KannalaBrandt, MaterialSpec, MeshShape, Motion, Pose, Weathering

    sample = diorama.generate(plan, 0, index, studio=studio)
    encoded = plan.exporters[0].encode(sample, index * plan.views, diorama.Dataset(categories=studio.library.categories(), info={}))
    found = {
        "draws": json.dumps([sample.provenance.attempts, sample.provenance.draws]).encode(),
        "settled scene": json.dumps(diorama.to_json(sample.spec)).encode(),
        "records": json.dumps(encoded.records).encode(),
        **encoded.files,
    }
    for view, frame in enumerate(sample.frames):
        for channel in ("rgb", "depth_m", "instance"):
            found[f"{channel} {view}"] = getattr(frame, channel).tobytes()
    for lens in (BrownConrady(k1=-0.3, k2=0.1, p1=0.001, p2=-0.002), KannalaBrandt(k1=0.05, k2=-0.02, k3=0.004)):
        frame = studio.renderer.render(replace(frame.camera, distortion=lens), ("radiance", "depth", "normal", "amodal"))
        parts = (frame.radiance, frame.depth_m, frame.normal, *(outline.bits for outline in frame.silhouettes.values()))
        found[f"through {lens.kind}"] = b"".join(part.tobytes() for part in parts)
    clear = (MaterialSpec(transmission=0.9, base_color=(0.8, 0.9, 0.7)), MaterialSpec(alpha="blend", opacity=0.4))
    glass = [replace(b, material=clear[i % 2]) if b.category else b for i, b in enumerate(sample.spec.bodies)]
    leaves = BodySpec(name="leaves", shape=MeshShape(asset="household:potted-plant/0"), world_from_body=Pose((0.05, 0.0, 0.8)), category="plant")
    studio.renderer.load(sample.spec.replace(bodies=(*glass, leaves)))
    frame = studio.renderer.render(sample.frames[0].camera, ("radiance", "depth", "instance", "amodal"))
    parts = (frame.radiance, frame.depth_m, frame.instance, *(outline.bits for outline in frame.silhouettes.values()))
    found["seen through, cut out"] = b"".join(part.tobytes() for part in parts)
    worn = [
        replace(b, adjustment=Adjustment(hue_turn=0.01 * i, value=0.9, roughness=1.2), weathering=Weathering(wear=0.6, dust=0.4, seed=i))
        if b.category or "support" in b.tags
        else b
        for i, b in enumerate(sample.spec.bodies)
    ]
    studio.renderer.load(sample.spec.replace(bodies=tuple(worn)))
    found["worn and dusty"] = studio.renderer.render(sample.frames[0].camera, ("radiance",)).radiance.tobytes()
    moving = [replace(b, motion=Motion((0.1, -0.2, 0.3), (1.0, i, -2.0))) if b.category else b for i, b in enumerate(sample.spec.bodies)]
    studio.renderer.load(sample.spec.replace(bodies=tuple(moving)))
    camera = replace(sample.frames[0].camera, width=64, height=48, motion=Motion((0.2, 0.1, 0.0), (0.1, 0.0, 0.3)), blur_samples=4)
    for what, changes in (("at once", {"exposure_s": 0.05, "aperture_m": 0.02, "focus_m": 0.8}), ("row by row", {"rolling_shutter_s": 0.05})):
        frame = studio.renderer.render(replace(camera, **changes), CHANNELS)
        arrays = [getattr(frame, name) for name in Frame.__dataclass_fields__ if name not in ("camera", "silhouettes", "points")]
        found[f"moving, {what}"] = b"".join(a.tobytes() for a in (*arrays, *(outline.bits for outline in frame.silhouettes.values())))
    found |= photographed(sample, studio)
    return {f"scene {index}: {what}": digest(data) for what, data in found.items()}


def photographed(sample: Any, studio: Any) -> dict[str, bytes]:
    """The scene put into its own picture, as if that were a photograph of the table, and what the picture tells of its light and grain."""
    import cv2

    import diorama
    from diorama.sim.photo.grain import grain
    from diorama.sim.photo.light import overview, photo_light
    from diorama.sim.photo.pose import camera_from_corners
    from diorama.sim.spec import Backdrop

    frame = sample.frames[0]
    bodies = tuple(replace(body, catcher="support" in body.tags) for body in sample.spec.bodies)
    with tempfile.TemporaryDirectory() as folder:
        cv2.imwrite(f"{folder}/photo.png", frame.rgb)
        camera = replace(frame.camera, backdrop=Backdrop(path=f"{folder}/photo.png", zoom=1.3, offset=(0.2, -0.4)))
        camera = replace(camera, sensor=replace(camera.sensor, blur_px=0.7, vignetting=0.4))
        studio.renderer.load(sample.spec.replace(bodies=bodies))
        seen = studio.renderer.render(camera, ("rgb", "radiance"))
    corners = camera_from_corners((640, 480), [(193.7, 224.7), (387.2, 160.6), (459.2, 264.2), (235.6, 348.7)], (0.3, 0.21))
    told = [photo_light(overview(frame.rgb), frame.camera, 10.0), grain(frame.rgb, "filmic"), corners]
    return {"composite": seen.rgb.tobytes() + seen.radiance.tobytes(), "photograph": json.dumps([diorama.to_json(t) for t in told]).encode()}


def moving(studio_of: Any) -> dict[str, str]:
    """A scene over time, by cameras that go along."""
    from yard import CATEGORIES, yard_plan

    import diorama

    plan = yard_plan(channels=("flow_forward",))
    with studio_of(plan) as studio:
        sample = diorama.generate(plan, 0, 0, studio=studio)
    encoded = plan.exporters[0].encode(sample, 0, diorama.Dataset(categories=CATEGORIES, info={}))
    found = {"records": json.dumps(encoded.records).encode(), **encoded.files}
    for picture, frame in enumerate(sample.frames):
        found[f"scene {picture}"] = json.dumps(diorama.to_json(sample.at(picture))).encode()
        found |= {f"{channel} {picture}": getattr(frame, channel).tobytes() for channel in ("rgb", "depth_m", "flow_forward")}
    return {f"sequence: {what}": digest(data) for what, data in found.items()}


def main(scenes: list[int], objects: list[int], kernels: str | None = None, sloppy_libm: bool = False) -> dict[str, Any]:
    if kernels is not None:
        compile_kernels(kernels)
    if sloppy_libm:
        for name in TRANSCENDENTAL:
            setattr(math, name, sloppy(getattr(math, name)))
    from small_set import small_plan

    import diorama

    plan = small_plan(*objects)
    digests: dict[str, str] = {}
    with diorama.Studio(plan) as studio:
        for index in scenes:
            digests |= scene(plan, index, studio)
    return {"machine": machine(), "digests": digests | moving(diorama.Studio)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(**json.loads(sys.argv[1]))))
