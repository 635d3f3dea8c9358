"""What comes out: pictures, labels, and where they came from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim import keypoints
from diorama.sim.errors import InvalidValue, suggestion
from diorama.sim.spec import CameraSpec, SceneSpec
from diorama.sim.spec.grasps import Gripper
from diorama.sim.spec.tracks import Attributes

#: Channels a renderer can be asked for. `instance` and `depth` come from the exact geometry pass.
CHANNELS = (
    "rgb",
    "radiance",
    "depth",
    "instance",
    "normal",
    "amodal",
    "category",
    "albedo",
    "object_coordinates",
    "flow_forward",
    "flow_backward",
    "shadow",
    "points",
)


def check_channels(channels: Collection[str]) -> None:
    """Raise InvalidValue for what is no channel."""
    for name in sorted(set(channels) - set(CHANNELS)):
        raise InvalidValue(f'no channel named "{name}".{suggestion(name, CHANNELS)}')


def _expect(owner: str, array: NDArray[Any] | None, shape: tuple[int | None, ...], dtype: str) -> None:
    if array is None:
        return
    fits = len(array.shape) == len(shape) and all(w is None or w == g for w, g in zip(shape, array.shape, strict=True))
    if not fits or array.dtype != np.dtype(dtype):
        wanted = "(" + ", ".join("_" if s is None else str(s) for s in shape) + ")"
        raise InvalidValue(f"{owner} must be {wanted} {dtype}, got {array.shape} {array.dtype}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Silhouette:
    """One body's outline as if nothing stood before it and the picture went on past its edges, by two picture sizes on each side.

    `inside_px` and `total_px` count pixel centres it covers within the image and there as well; `box_xyxy` (ints, half-open)
    bounds the latter and may leave the image. All zero when the camera would see nothing of the body. `bits` (h, w) bool is
    the part inside the image, from the pixel `bits_xy` (x, y) on.
    """

    inside_px: int
    total_px: int
    box_xyxy: tuple[int, int, int, int]
    bits: NDArray[np.bool_]
    bits_xy: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """What one turn of a laser scanner found, in the order in which it did: a struct of arrays, a row for each return.

    xyz_m (n, 3) float32, in the scanner's frame (x forward, y left, z up); intensity (n,) float32 in [0, 1], 0.4 being a white wall's, face on;
    time_s (n,) float32, from the picture's moment; ring (n,) int32, the beam's place in `LidarSpec.elevations_rad`; instance (n,) int32 and
    category (n,) int32, as the channels of these names.
    """

    xyz_m: NDArray[np.float32]
    intensity: NDArray[np.float32]
    time_s: NDArray[np.float32]
    ring: NDArray[np.int32]
    instance: NDArray[np.int32]
    category: NDArray[np.int32]

    def __post_init__(self) -> None:
        n = len(self.xyz_m)
        _expect("Points.xyz_m", self.xyz_m, (n, 3), "float32")
        for name in ("intensity", "time_s"):
            _expect(f"Points.{name}", getattr(self, name), (n,), "float32")
        for name in ("ring", "instance", "category"):
            _expect(f"Points.{name}", getattr(self, name), (n,), "int32")

    def __len__(self) -> int:
        return len(self.xyz_m)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One photograph by one camera. Channels that were not asked for are None.

    rgb (H, W, 3) uint8 sRGB; radiance (H, W, 3) float32 W/m2/sr, the light that meets the lens; depth_m (H, W)
    float32 z-depth, +inf where nothing is; instance (H, W) int32, the body's index in the spec plus one, 0 for
    nothing; normal (H, W, 3) float32 unit, of the flat surface, in camera axes, facing the camera, zero where nothing
    is; silhouettes: one for each labelled body, by body index.

    category (H, W) int32, one plus the index in `SceneSpec.categories`, 0 for furniture and nothing; albedo (H, W, 3) float32
    linear, the base colour, texture included; object_coordinates (H, W, 3) float32, NOCS (Wang et al. 2019): the point in the
    body's own axes, from the middle of its box, over the box's diagonal, plus 0.5; flow_forward, flow_backward (H, W, 2) float32,
    pixels (u, v) from where a surface is seen now to where it is (was) seen `CameraSpec.flow_s` later (before), behind the
    camera NaN; shadow (H, W) float32, the share of the lights' irradiance on the surface that others' shadows keep
    away, 0 where no light would shine. All at pixel centres, and zero where nothing is. points: what the camera's lidar
    found, if it has one.
    """

    camera: CameraSpec
    rgb: NDArray[np.uint8] | None = None
    radiance: NDArray[np.float32] | None = None
    depth_m: NDArray[np.float32] | None = None
    instance: NDArray[np.int32] | None = None
    normal: NDArray[np.float32] | None = None
    silhouettes: Mapping[int, Silhouette] | None = None
    category: NDArray[np.int32] | None = None
    albedo: NDArray[np.float32] | None = None
    object_coordinates: NDArray[np.float32] | None = None
    flow_forward: NDArray[np.float32] | None = None
    flow_backward: NDArray[np.float32] | None = None
    shadow: NDArray[np.float32] | None = None
    points: Points | None = None

    def __post_init__(self) -> None:
        h, w = self.camera.height, self.camera.width
        _expect("Frame.rgb", self.rgb, (h, w, 3), "uint8")
        _expect("Frame.radiance", self.radiance, (h, w, 3), "float32")
        _expect("Frame.depth_m", self.depth_m, (h, w), "float32")
        _expect("Frame.instance", self.instance, (h, w), "int32")
        _expect("Frame.normal", self.normal, (h, w, 3), "float32")
        _expect("Frame.category", self.category, (h, w), "int32")
        _expect("Frame.albedo", self.albedo, (h, w, 3), "float32")
        _expect("Frame.object_coordinates", self.object_coordinates, (h, w, 3), "float32")
        _expect("Frame.flow_forward", self.flow_forward, (h, w, 2), "float32")
        _expect("Frame.flow_backward", self.flow_backward, (h, w, 2), "float32")
        _expect("Frame.shadow", self.shadow, (h, w), "float32")


#: Stands for zeros.
_NONE = np.zeros(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Annotations:
    """Labels of one frame: a struct of arrays, one row for each labelled body with at least one visible pixel.

    body_index (n,) int32, into `SceneSpec.bodies`; area_px (n,) int32, pixels of the visible mask; box_xyxy
    (n, 4) int32, half-open, tight around the visible mask; amodal_box_xyxy (n, 4) int32, tight around the whole
    silhouette, unclipped (it may leave the image); amodal_area_px (n,) int32, of the silhouette inside the image;
    visible_fraction (n,) float64, visible pixels over all pixels of the silhouette, outside the image included;
    truncated_fraction (n,) float64, share of the silhouette outside the image; depth_m (n,) float64, median
    z-depth of the visible pixels; camera_from_body (n, 4, 4) float64; size_m (n, 3) float64 and center_m (n, 3)
    float64: the oriented 3D box in the body's own axes (extent, and middle in the body's frame).
    visible_rle, amodal_rle: COCO compressed run lengths (``{"size": [h, w], "counts": str}``) of the visible mask
    and of the silhouette inside the image.
    velocity_m_s (n, 3) and angular_rad_s (n, 3) float64: how the body moves over ground, its origin along and itself about the camera's axes;
    zeros by default. attributes: what else is known of each body (see BodySpec). keypoints (n, 17, 3) float64: of people, in COCO's order
    (keypoints.py), where each is seen (u, v), and 2 if it is, 1 if something hides it; all zero outside the image and for other bodies, which is the
    default.
    hidden: names of labelled bodies without a visible pixel.
    """

    body_index: NDArray[np.int32]
    area_px: NDArray[np.int32]
    box_xyxy: NDArray[np.int32]
    amodal_box_xyxy: NDArray[np.int32]
    amodal_area_px: NDArray[np.int32]
    visible_fraction: NDArray[np.float64]
    truncated_fraction: NDArray[np.float64]
    depth_m: NDArray[np.float64]
    camera_from_body: NDArray[np.float64]
    size_m: NDArray[np.float64]
    center_m: NDArray[np.float64]
    visible_rle: tuple[dict[str, Any], ...]
    amodal_rle: tuple[dict[str, Any], ...]
    hidden: tuple[str, ...] = ()
    velocity_m_s: NDArray[np.float64] = field(default_factory=lambda: _NONE)
    angular_rad_s: NDArray[np.float64] = field(default_factory=lambda: _NONE)
    keypoints: NDArray[np.float64] = field(default_factory=lambda: _NONE)
    attributes: tuple[Attributes, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.body_index)
        for name, shape in (("velocity_m_s", (n, 3)), ("angular_rad_s", (n, 3)), ("keypoints", (n, len(keypoints.NAMES), 3))):
            if getattr(self, name) is _NONE:
                object.__setattr__(self, name, np.zeros(shape))
            _expect(f"Annotations.{name}", getattr(self, name), shape, "float64")
        if not self.attributes:
            object.__setattr__(self, "attributes", ((),) * n)
        for name in ("body_index", "area_px", "amodal_area_px"):
            _expect(f"Annotations.{name}", getattr(self, name), (n,), "int32")
        for name in ("box_xyxy", "amodal_box_xyxy"):
            _expect(f"Annotations.{name}", getattr(self, name), (n, 4), "int32")
        for name in ("visible_fraction", "truncated_fraction", "depth_m"):
            _expect(f"Annotations.{name}", getattr(self, name), (n,), "float64")
        _expect("Annotations.camera_from_body", self.camera_from_body, (n, 4, 4), "float64")
        for name in ("size_m", "center_m"):
            _expect(f"Annotations.{name}", getattr(self, name), (n, 3), "float64")
        if len(self.attributes) != n:
            raise InvalidValue(f"Annotations: expected attributes of {n} bodies, got {len(self.attributes)}")
        if len(self.visible_rle) != n or len(self.amodal_rle) != n:
            raise InvalidValue(f"Annotations: expected {n} masks, got {len(self.visible_rle)} and {len(self.amodal_rle)}")

    def __len__(self) -> int:
        return len(self.body_index)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grasps:
    """Ways to grasp the things of a scene with one gripper: a struct of arrays, a row for each grasp.

    body_index (n,) int32, into `SceneSpec.bodies`; world_from_gripper (n, 4, 4) float64, at the scene's first moment; width_m (n,) float64, of
    what is between the jaws, and opening_m (n,) float64, how far these are opened before (both 0 for suction); quality (n,) float64 in [0, 1],
    from geometry and friction alone; alone (n,) float64, the share of trials with nothing else around, under noise of pose and friction, that
    physics let succeed, NaN where none was made; reachable (n,) bool, whether the gripper gets there without touching anything else; success (n,)
    float64, 1 or 0, whether physics lets it succeed among everything else, NaN where it was not tried.
    """

    gripper: Gripper
    body_index: NDArray[np.int32]
    world_from_gripper: NDArray[np.float64]
    width_m: NDArray[np.float64]
    opening_m: NDArray[np.float64]
    quality: NDArray[np.float64]
    alone: NDArray[np.float64]
    reachable: NDArray[np.bool_]
    success: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.body_index)
        _expect("Grasps.body_index", self.body_index, (n,), "int32")
        _expect("Grasps.world_from_gripper", self.world_from_gripper, (n, 4, 4), "float64")
        for name in ("width_m", "opening_m", "quality", "alone", "success"):
            _expect(f"Grasps.{name}", getattr(self, name), (n,), "float64")
        _expect("Grasps.reachable", self.reachable, (n,), "bool")

    def __len__(self) -> int:
        return len(self.body_index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a sample came from: enough to make it again.

    `draws` maps each randomizer's name (per view: ``view-0/camera-shell``) to the parameters it drew; `attempts`
    is the number of the accepted attempt; `rejections` counts earlier ones by reason. `timings_s` by stage is for
    people only and is never written to files, which must not depend on the clock.
    """

    seed: int
    index: int
    attempts: int = 1
    draws: Mapping[str, Any] = field(default_factory=dict)
    rejections: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    timings_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """One scene, photographed: `frames[i]` and `annotations[i]` belong to `spec.cameras[i]`.

    They are all `views` of the scene's first moment, then all of the second, and so on; as many as there are by default, those of one moment.
    `grasps` are there for the grippers that the plan names.
    """

    index: int
    spec: SceneSpec
    frames: tuple[Frame, ...]
    annotations: tuple[Annotations, ...]
    provenance: Provenance
    views: int = 0
    grasps: tuple[Grasps, ...] = ()

    def __post_init__(self) -> None:
        if self.views <= 0:
            object.__setattr__(self, "views", max(len(self.frames), 1))
        if not len(self.spec.cameras) == len(self.frames) == len(self.annotations):
            raise InvalidValue(
                f"Sample: {len(self.spec.cameras)} cameras, {len(self.frames)} frames and {len(self.annotations)} annotations must be as many"
            )

    def numbered(self, picture: int) -> tuple[int, int]:
        """Which frame, and which view, a picture is of."""
        return divmod(picture, self.views)

    def at(self, picture: int) -> SceneSpec:
        """The scene as it is in a picture. Bodies have the order and names of `spec`."""
        camera = self.frames[picture].camera
        return self.spec.at(camera.time_s, over_s=camera.flow_s)
