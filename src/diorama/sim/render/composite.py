"""Bodies put into a photograph: its pixels where nothing is added, their picture where they are, and the photograph in their shadows elsewhere.

P. Debevec, "Rendering synthetic objects into real scenes: bridging traditional and image-based graphics with global illumination and high dynamic
range photography", SIGGRAPH 1998. Three pictures of the scene tell all there is to know, whichever renderer makes them:

- A, of all bodies, with catchers as they are before an even background,
- X, of all bodies, with catchers and the background black: what is added to the photograph,
- B, of the catchers before that background: what the photograph shows, if it were even.

The share of the photograph that comes through, channel by channel, is T = (A - X) / B: 0 where a body hides it, the dimmed light over the whole light
where it is in shadow, in between where a pixel sees some of each, and at glass what passes; exactly 1 where nothing has changed. The composite is
X + T times the photograph, in the light that the camera saw.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import signals
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Frame
from diorama.sim.render import Renderer
from diorama.sim.render.backdrop import codes, linear
from diorama.sim.spec import BodySpec, CameraSpec, MaterialSpec, Rgb, SceneSpec

Light = NDArray[np.float32]

_FROM_LIGHT = frozenset({"rgb", "radiance"})
_BLACK, _EVEN = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_UNSEEN = MaterialSpec(base_color=_BLACK, roughness=1.0, ior=1.0)
#: Shares of the photograph that are this near to all of it are all of it: shadow maps are not the same with more bodies in them. No code is.
_ALL = 2.0**-12


class Compositor:
    """A renderer that makes composites of scenes with a `catcher`, and of all others the pictures that the renderer which it is given makes.

    Labels are those of the scene as it is, catchers like any furniture. A composite's `radiance` is that of the light which its camera would make the
    picture of: its exposure, white balance and tone curve are taken for those of the photograph. What else its sensor and lens do is done
    to what is added: noise, blur, vignetting, bloom. JPEG's marks are made on the whole.
    """

    def __init__(self, renderer: Renderer, library: AssetLibrary) -> None:
        self._renderer = renderer
        self._library = library
        self._spec: SceneSpec | None = None

    def __enter__(self) -> Self:
        from diorama.sim.render.raster.sensor import Sensor  # here, so that Warp is loaded only to make pictures

        self._renderer.__enter__()
        self._sensor = Sensor()
        return self

    def __exit__(self, *exc: object) -> None:
        self._renderer.__exit__(*exc)
        self._spec = None

    def load(self, spec: SceneSpec) -> None:
        """Take a scene. Raises InvalidValue when it has catchers and the renderer's pictures of one scene are not alike."""
        self._spec = spec if any(body.catcher for body in spec.bodies) else None
        if self._spec is None:
            self._renderer.load(spec)
        elif getattr(self._renderer, "is_noisy", False):
            raise InvalidValue(
                "this renderer cannot put bodies into photographs: shadows are told by comparing pictures, and its noise differs from one "
                'to the next. Choose the renderer "raster" or "gl".'
            )

    def render(self, camera: CameraSpec, channels: Collection[str]) -> Frame:
        """Photograph the loaded scene; see the `Renderer` protocol. Raises InvalidValue when a composite's camera has no backdrop."""
        if self._spec is None:
            return self._renderer.render(camera, channels)
        if _FROM_LIGHT.isdisjoint(channels):
            self._renderer.load(self._spec)
            return self._renderer.render(camera, channels)
        if camera.backdrop is None:
            raise InvalidValue(f"{camera.name}: a scene with a catcher is put into a photograph, and this camera has none. Give it a backdrop.")
        plain = replace(camera, backdrop=None)
        frame = self._taken(_seen(self._spec), plain, {*channels, "radiance", "instance"} - {"rgb"})
        added = self._taken(_unseen(self._spec), plain, {"radiance"}).radiance
        empty = self._taken(_emptied(self._spec), plain, {"radiance"}).radiance
        assert frame.radiance is not None and frame.instance is not None and added is not None and empty is not None
        bodies = np.array([False] + [not body.catcher for body in self._spec.bodies])[frame.instance]
        # Where no light falls there are no shadows, and bodies hide the photograph all the same.
        through = np.where(bodies, np.float32(0), np.float32(1))[..., None].repeat(3, axis=2)
        np.divide(frame.radiance - added, empty, out=through, where=empty > 0)
        through = np.maximum(through, 0)
        made = self._composed(camera, added, through, bodies)
        kept = {name: value if name in channels else None for name, value in made.items()}
        return replace(frame, camera=camera, instance=frame.instance if "instance" in channels else None, **kept)

    def _taken(self, spec: SceneSpec, camera: CameraSpec, channels: Collection[str]) -> Frame:
        self._renderer.load(spec)
        return self._renderer.render(camera, channels)

    def _composed(self, camera: CameraSpec, added: Light, through: Light, bodies: NDArray[np.bool_]) -> dict[str, Any]:
        """The composite's channels, of what is added and what share of the photograph comes through, both (H, W, 3); `bodies` (H, W) is where
        the bodies are that grain is put on.
        """
        assert camera.backdrop is not None
        sensor = camera.sensor
        photo = codes(linear(camera.backdrop, self._library.photo(camera.backdrop.path), camera.width, camera.height))
        # What is added has passed the lens; the photograph has, too. Where the lens blurs edges or shifts them it does both alike.
        added = self._sensor.behind_lens(added, camera)
        through = self._sensor.behind_lens(through, replace(camera, sensor=replace(sensor, vignetting=0.0, bloom=0.0)))
        same = ((np.abs(through - 1) <= _ALL) & (added == 0)).all(axis=2)
        gain = [2.0**sensor.exposure_ev * share for share in sensor.white_balance]
        per_signal = np.array([1 / g if g > 0 else 0.0 for g in gain], np.float32)
        radiance = added + through * (signals(sensor.tone_curve)[photo] * per_signal)
        bare = replace(sensor, blur_px=0.0, vignetting=0.0, chromatic_aberration_px=0.0, bloom=0.0, jpeg_quality=None)
        noiseless = replace(bare, read_noise=0.0, shot_noise=0.0)
        rgb = self._sensor.develop(radiance, replace(camera, sensor=noiseless))
        if bare != noiseless:
            rgb[bodies] = self._sensor.develop(radiance, replace(camera, sensor=bare))[bodies]
        rgb[same] = photo[same]
        return {"rgb": self._sensor.stored(rgb, camera), "radiance": radiance}


def _seen(spec: SceneSpec) -> SceneSpec:
    """A, of which the labels are as well."""
    return _with(spec, spec.bodies, _EVEN)


def _unseen(spec: SceneSpec) -> SceneSpec:
    """X."""
    black = {"material": _UNSEEN, "part_materials": (), "look_of": None, "adjustment": None, "weathering": None}
    return _with(spec, [replace(body, **black) if body.catcher else body for body in spec.bodies], _BLACK)


def _emptied(spec: SceneSpec) -> SceneSpec:
    """B."""
    return _with(spec, [body for body in spec.bodies if body.catcher], _EVEN)


def _with(spec: SceneSpec, bodies: Sequence[BodySpec], background: Rgb) -> SceneSpec:
    around = replace(spec.environment, background_top=background, background_bottom=background)
    return spec.replace(bodies=tuple(bodies), environment=around, lights=spec.lights_in_world())
