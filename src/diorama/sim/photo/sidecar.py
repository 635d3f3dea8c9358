"""What is known of a photograph, in a YAML file beside it: ``IMG_001.yaml`` for ``IMG_001.jpg``."""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from diorama.sim import text
from diorama.sim.codec import InvalidDocument, from_json
from diorama.sim.errors import AssetError, InvalidValue
from diorama.sim.photo.pose import Point
from diorama.sim.spec import Rgb

#: Larger files are no sidecars, and are not parsed.
_MOST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLight:
    """The light of a photograph, as far as it is known.

    Most of it comes from `azimuth_deg`, clockwise as seen from above (0: from ahead of the camera, 90: from the right, 180: from behind it), and
    `elevation_deg` above the plane. `direct` is that light's share of all that falls on the plane, and `softness_deg` how wide it is, seen from
    there. `white` is what a white sheet on the plane looks like: its sRGB values, 0 to 1.
    """

    azimuth_deg: float | None = None
    elevation_deg: float | None = None
    direct: float | None = None
    softness_deg: float | None = None
    white: Rgb | None = None

    def __post_init__(self) -> None:
        for name, low, high in (("azimuth_deg", -360, 360), ("elevation_deg", 5, 90), ("direct", 0, 1), ("softness_deg", 0, 57)):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InvalidValue(f"{name} must be in {low}..{high}, got {value}")
        if self.white is not None and not all(0 < channel <= 1 for channel in self.white):
            raise InvalidValue(f"white must be three numbers above 0 and up to 1, got {list(self.white)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """What is known of a photograph.

    Either its camera's height above the plane, and its tilt (`pitch_deg` down from the horizon, `roll_deg` clockwise), or where four corners of a
    rectangle on the plane are seen: `corners_px` (u, v) of the file as one looks at it, going around, the first two `size_m[0]` apart and the next
    two `size_m[1]`. `fov_deg` is the photograph's vertical field of view, which corners may tell as well.
    """

    height_m: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    fov_deg: float | None = None
    corners_px: tuple[Point, Point, Point, Point] | None = None
    size_m: tuple[float, float] | None = None
    light: KnownLight = KnownLight()

    def __post_init__(self) -> None:
        if (self.corners_px is None) != (self.size_m is None):
            raise InvalidValue("corners_px and size_m go together: where the rectangle is seen, and how large it is")
        tilt = [name for name in ("height_m", "pitch_deg", "roll_deg") if getattr(self, name) is not None]
        if self.corners_px is not None and tilt:
            raise InvalidValue(f"corners_px tell where the camera stood; leave out {', '.join(tilt)}")
        for name, low, high in (("height_m", 0.01, 1000), ("pitch_deg", -90, 90), ("roll_deg", -180, 180), ("fov_deg", 1, 150)):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InvalidValue(f"{name} must be in {low}..{high}, got {value}")
        if self.size_m is not None and not all(0 < side < math.inf for side in self.size_m):
            raise InvalidValue(f"size_m must be positive, got {list(self.size_m)}")


def sidecar_path(photo: str | Path) -> Path:
    """Where the sidecar of a photograph is, if it has one."""
    return Path(photo).with_suffix(".yaml")


def read_sidecar(photo: str | Path) -> Sidecar:
    """What is known of a photograph; nothing without a sidecar. Raises AssetError naming a sidecar that cannot be used, with all that is wrong."""
    path = sidecar_path(photo)
    try:
        state = path.stat()
    except OSError:
        return Sidecar()
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1024)
def _read(path: Path, _modified_ns: int, _size: int) -> Sidecar:
    """Files are read again only when they were touched."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise InvalidValue(f"a photograph's sidecar has at most {_MOST_BYTES} bytes; this is something else")
        document = text.parse(data, "yaml")
        return Sidecar() if document is None else from_json(Sidecar, document)
    except OSError as error:
        raise AssetError(f"{path}: cannot be read ({error.strerror})") from None
    except InvalidDocument as error:
        raise AssetError("\n".join(f"{path}: {fault}" for fault in error.faults)) from None
    except InvalidValue as error:
        raise AssetError(f"{path}: {error}") from None
