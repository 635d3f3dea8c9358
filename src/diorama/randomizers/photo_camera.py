"""Which part of a photograph is shown, and the camera that sees that part."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.distributions import Distribution, LogUniform, Uniform, require, rounded
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.render.backdrop import shown_part
from diorama.sim.seeds import Seed
from diorama.sim.spec import Backdrop, CameraSpec, SceneSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoCamera:
    """Show a part of the scenario's photograph, with the camera that sees that part.

    1 / `zoom` of the photograph's width is shown, or of its height, off the middle by `offset` (right and down; -1 and 1 are as far as it goes).
    Camera and photograph stay matched, to the texel. Without a photograph, what the camera saw is cropped likewise.
    """

    name: ClassVar[str] = "photo-camera"
    stage: ClassVar[Stage] = "view"

    zoom: Distribution = LogUniform(1.0, 1.25)
    offset: Distribution = Uniform(-1, 1)

    def __post_init__(self) -> None:
        require(self, 1, 100, "zoom")
        require(self, -1, 1, "offset")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        zoom, offset = self.zoom.sample(rng), (self.offset.sample(rng), self.offset.sample(rng))
        (camera,) = spec.cameras
        seen = cropped(camera, zoom, offset, context.library)
        numbers = {name: rounded(getattr(seen, name)) for name in ("fx", "fy", "cx", "cy")}
        return {"zoom": zoom, "offset": list(offset), **numbers}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        (camera,) = spec.cameras
        backdrop = camera.backdrop and replace(camera.backdrop, zoom=params["zoom"], offset=tuple(params["offset"]))
        numbers = {name: params[name] for name in ("fx", "fy", "cx", "cy")}
        return spec.replace(cameras=(replace(camera, backdrop=backdrop, **numbers),))


def cropped(camera: CameraSpec, zoom: float, offset: tuple[float, float], library: AssetLibrary) -> CameraSpec:
    """The camera that sees a part of what this one sees: the part of its photograph that a backdrop of that zoom and offset shows."""
    width, height = camera.width, camera.height
    path = camera.backdrop.path if camera.backdrop else ""
    rows, columns = library.photo(path).shape[:2] if path else (height, width)
    # From the picture's pixels to the whole photograph's, of which it is the middle part with its proportions.
    scale = min(columns / width, rows / height)
    if path:
        (left, right), (top, bottom) = shown_part(Backdrop(path=path, zoom=zoom, offset=offset), (columns, rows), width, height)
    else:
        left, top = ((1 + o) / 2 * (1 - 1 / zoom) * side for o, side in zip(offset, (width, height), strict=True))
        right, bottom = left + width / zoom, top + height / zoom
    across, down = width / (right - left), height / (bottom - top)
    return replace(
        camera,
        fx=camera.fx * scale * across,
        fy=camera.fy * scale * down,
        cx=((camera.cx - width / 2) * scale + columns / 2 - left) * across,
        cy=((camera.cy - height / 2) * scale + rows / 2 - top) * down,
    )
