"""Objects put into photographs."""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import radians
from pathlib import Path
from typing import ClassVar

import numpy as np

from diorama.randomizers.base import OBJECTS, Context, Randomizer
from diorama.randomizers.distributions import Constant, Distribution, Uniform, UniformInt, require
from diorama.randomizers.files import check_readable, digest, files_in
from diorama.randomizers.materials import Materials
from diorama.randomizers.objects import Objects
from diorama.randomizers.outlines import convex_outline
from diorama.randomizers.photo_camera import PhotoCamera
from diorama.randomizers.photo_light import PhotoLight
from diorama.randomizers.photo_sensor import PhotoSensor
from diorama.randomizers.scatter import Scatter
from diorama.sim.assets.images import IMAGE_SUFFIXES, read_photo, whole_size
from diorama.sim.errors import AssetError, InvalidValue
from diorama.sim.photo.pose import camera_from_corners, plane_seen, tilted_camera
from diorama.sim.photo.sidecar import Sidecar, read_sidecar, sidecar_path
from diorama.sim.seeds import Seed
from diorama.sim.spec import Backdrop, BodySpec, CameraSpec, MaterialSpec, PhysicsSpec, Pose, PrismShape, SceneSpec, SensorSpec, ToneCurve
from diorama.sim.spec.shapes import outline_center

_THICKNESS_M = 0.05
#: The plane goes on beyond the picture's edges by this share of its longer side.
_BEYOND = 0.02
#: A body whose centre is this far below the plane has fallen off what is seen of it.
_FALLEN_M = 0.02
_HEADROOM_M = 2.0
_TIME_STEP_S = 1 / 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photograph of something level, and objects put onto what is seen of it, no deeper than `reach_m`.

    `photos` are image files, and folders of them; any is as likely. The camera is where it stood when the photograph was taken, as a YAML file beside
    it says, with the photograph's name (see `Sidecar`). What that leaves open is drawn: the camera's height above the plane `height_m`, its tilt,
    `pitch_deg` downwards and `roll_deg` clockwise, and its vertical field of view `fov_deg`. `tone_curve` is how the photograph's codes came from
    light.
    """

    name: ClassVar[str] = "photo"

    photos: tuple[str, ...] = ("photos",)
    height_m: Distribution = Uniform(0.4, 0.7)
    pitch_deg: Distribution = Uniform(35, 60)
    roll_deg: Distribution = Constant(0.0)
    fov_deg: Distribution = Uniform(45, 60)
    reach_m: float = 3.0
    tone_curve: ToneCurve = "filmic"

    def __post_init__(self) -> None:
        if not self.photos or not all(self.photos):
            raise InvalidValue(f"photos must name at least one file or folder, got {list(self.photos)}")
        require(self, 0.01, 1000, "height_m")
        require(self, -90, 90, "pitch_deg")
        require(self, -180, 180, "roll_deg")
        require(self, 1, 150, "fov_deg")
        if not 0.05 <= self.reach_m <= 10_000:
            raise InvalidValue(f"reach_m must be in 0.05..10000, got {self.reach_m}")

    def photo_files(self) -> tuple[str, ...]:
        """All photographs there are to draw. Raises AssetError."""
        return files_in(self.photos, IMAGE_SUFFIXES)

    def files(self) -> tuple[str, ...]:
        """The photographs, and what lies beside them."""
        photos = self.photo_files()
        return (*photos, *(sidecar_path(photo).as_posix() for photo in photos if sidecar_path(photo).is_file()))

    def check(self) -> None:
        """Read all files. Raises AssetError with what is wrong with any of them."""

        def read(photo: Path) -> None:
            height, width = read_photo(photo).shape[:2]
            _known_camera(str(photo), (width, height), read_sidecar(photo))

        check_readable(self.photo_files(), read)

    def build(self, seed: Seed, context: Context) -> SceneSpec:
        photos = self.photo_files()
        photo = photos[UniformInt(0, len(photos) - 1).sample(seed.child("photo").rng())]
        camera = self._camera(photo, seed.child("camera"), context)
        margin = _BEYOND * max(camera.width, camera.height)
        wider = replace(
            camera,
            width=camera.width + round(2 * margin),
            height=camera.height + round(2 * margin),
            cx=camera.cx + round(margin),
            cy=camera.cy + round(margin),
        )
        try:
            corners = convex_outline(np.array(plane_seen(wider, self.reach_m)))
        except InvalidValue as error:
            raise InvalidValue(f"{photo}: {error}") from None
        x, y = (round(c, 9) for c in outline_center(corners))
        plane = BodySpec(
            name="plane",
            shape=PrismShape(outline_m=tuple((round(u - x, 9), round(v - y, 9)) for u, v in corners), height_m=_THICKNESS_M),
            world_from_body=Pose((x, y, -_THICKNESS_M / 2)),
            friction=0.7,
            material=MaterialSpec(base_color=(0.5, 0.5, 0.5), roughness=1.0, ior=1.0),
            tags=("furniture", "support"),
            catcher=True,
        )
        (west, east), (south, north) = ((min(along), max(along)) for along in zip(*corners, strict=True))
        physics = PhysicsSpec(time_step_s=_TIME_STEP_S, bounds_min_m=(west, south, -_FALLEN_M), bounds_max_m=(east, north, _HEADROOM_M))
        return SceneSpec(bodies=(plane,), cameras=(camera,), physics=physics)

    def randomizers(self) -> tuple[Randomizer, ...]:
        return (
            Objects(count=UniformInt(3, 8)),
            Scatter(),
            Materials(on=OBJECTS),
            PhotoLight(),
            PhotoCamera(),
            PhotoSensor(),
        )

    def _camera(self, photo: str, seed: Seed, context: Context) -> CameraSpec:
        """The camera of a photograph, in the photograph's own pixels."""
        height, width = context.library.photo(photo).shape[:2]
        known = read_sidecar(photo)
        camera = _known_camera(photo, (width, height), known)
        if camera is None:

            def said(name: str) -> float:
                drawn = getattr(self, name).sample(seed.child(name).rng())
                return drawn if getattr(known, name) is None else getattr(known, name)

            pitch, roll, fov = (radians(said(name)) for name in ("pitch_deg", "roll_deg", "fov_deg"))
            camera = tilted_camera((width, height), height_m=said("height_m"), pitch_rad=pitch, roll_rad=roll, fov_rad=fov)
        return replace(camera, name="photo", backdrop=Backdrop(path=photo), sensor=SensorSpec(tone_curve=self.tone_curve))


def _known_camera(photo: str, size: tuple[int, int], known: Sidecar) -> CameraSpec | None:
    """The camera that the corners of a rectangle tell, if there are any. Raises AssetError naming the sidecar when no camera sees them so."""
    if known.corners_px is None or known.size_m is None:
        return None
    halved = _whole_size(photo, digest(photo))[0] // size[0]
    corners = [(u / halved, v / halved) for u, v in known.corners_px]
    try:
        return camera_from_corners(size, corners, known.size_m, fov_rad=None if known.fov_deg is None else radians(known.fov_deg))
    except InvalidValue as error:
        raise AssetError(f"{sidecar_path(photo)}: {error}") from None


@lru_cache(maxsize=1024)
def _whole_size(photo: str, _digest: str) -> tuple[int, int]:
    """Files are read again only when they were changed."""
    return whole_size(Path(photo))
