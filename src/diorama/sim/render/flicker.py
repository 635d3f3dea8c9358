"""Lamps that flicker: what a camera sees of their power."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec import CameraSpec, Light, RectLight, Rgb, SunLight


def flickers(light: Light) -> bool:
    """Whether its power changes."""
    return not isinstance(light, SunLight) and light.flicker is not None and light.flicker.depth > 0


def row_powers(lights: Sequence[Light], camera: CameraSpec) -> NDArray[np.float32] | None:
    """(rows, lights): each light's power as a share of its mean, while a row of the picture is exposed. None where nothing flickers.

    All rows are alike without a rolling shutter.
    """
    if not any(map(flickers, lights)):
        return None
    moments = [camera.time_s + camera.readout_s(row + 0.5) for row in range(camera.height)] if camera.rolling_shutter_s > 0 else [camera.time_s]
    powers = [[_power(light, moment, camera.exposure_s) for light in lights] for moment in moments]
    return np.broadcast_to(np.array(powers, np.float32), (camera.height, len(lights)))


def lights_at(lights: Sequence[Light], camera: CameraSpec) -> tuple[Light, ...]:
    """The lights as they are while the picture is exposed, all its rows at once. They flicker no more."""
    return tuple(_dimmed(light, _power(light, camera.time_s, camera.exposure_s)) if flickers(light) else light for light in lights)


def _power(light: Light, seconds: float, exposure_s: float) -> float:
    return 1.0 if isinstance(light, SunLight) or light.flicker is None else light.flicker.power(seconds, exposure_s)


def _dimmed(light: Light, power: float) -> Light:
    if isinstance(light, SunLight):
        return light
    if isinstance(light, RectLight):
        return replace(light, radiance=_times(light.radiance, power), flicker=None)
    return replace(light, intensity=_times(light.intensity, power), flicker=None)


def _times(color: Rgb, power: float) -> Rgb:
    return (color[0] * power, color[1] * power, color[2] * power)
