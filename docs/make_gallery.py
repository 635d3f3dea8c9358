"""Make the pictures of docs/gallery.md.

    python docs/make_gallery.py                        all of them
    python docs/make_gallery.py --section cameras      of one section
    python docs/make_gallery.py --section lights --without pathtrace

The scenes are in gallery_scenes.py. Needs the extras "pathtrace", "denoise" and "gl" for what it does not leave out.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np
from gallery_scenes import LIBRARY, SECTIONS, Picture, Sheet
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from diorama import Frame, open_renderer
from diorama.preview import category_color
from diorama.sim.render import Renderer

HERE = Path(__file__).parent / "images" / "gallery"
SETTINGS = {"pathtrace": {"spp": 64, "denoise": True}}
QUALITY = 85
MOST_BYTES = 120_000
SHEET_WIDTH_PX = 1200
GAP_PX, LABEL_PX = 4, 24


def main() -> None:
    """Read the command line, render, write, and say what was written."""
    parser = argparse.ArgumentParser(description="Make the pictures of docs/gallery.md.")
    parser.add_argument("--section", choices=tuple(SECTIONS), action="append", help="make this section only (may be given again)")
    parser.add_argument("--sheet", action="append", help="make this file only (may be given again)")
    parser.add_argument("--without", choices=("gl", "pathtrace"), action="append", default=[], help="leave out pictures by this renderer")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    parser.add_argument("--png", action="store_true", help="also write each picture by itself, as PNG")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    with ExitStack() as stack:
        files = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sheets = [sheet for name in options.section or SECTIONS for sheet in SECTIONS[name](files)]
        sheets = [s for s in sheets if not options.sheet or s.name in options.sheet]
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("left"), TimeRemainingColumn()
        bar = stack.enter_context(Progress(*columns, console=console, disable=not console.is_terminal, transient=True))
        task = bar.add_task("", total=sum(len(s.pictures) for s in sheets))
        with studio() as photograph:
            for sheet in sheets:
                tiles = []
                for i, picture in enumerate(sheet.pictures):
                    bar.update(task, description=f"{sheet.name}: {picture.label}")
                    if picture.renderer not in options.without:
                        tiles.append((picture.label, photograph(picture)))
                        if options.png:
                            cv2.imwrite(str(options.out / f"{sheet.name}-{i}.png"), tiles[-1][1][..., ::-1])
                    bar.advance(task)
                print(written(options.out, sheet, tiles))


@contextmanager
def studio() -> Iterator["Studio"]:
    """Renderers, each opened when it is first asked for."""
    with ExitStack() as stack:
        yield Studio(stack)


class Studio:
    """Photographs pictures, each scene once for all of its channels and crops."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._open: dict[str, Renderer] = {}
        self._loaded: dict[str, object] = {}
        self._frames: dict[object, Frame] = {}

    def __call__(self, picture: Picture) -> np.ndarray:
        """The (H, W, 3) uint8 RGB picture of a tile."""
        key = picture.renderer, picture.spec, picture.channel
        if key not in self._frames:
            renderer = self._renderer(picture.renderer)
            if self._loaded.get(picture.renderer) != picture.spec:
                renderer.load(picture.spec)
                self._loaded[picture.renderer] = picture.spec
            wanted = {picture.channel, "depth", "instance"} if picture.channel != "rgb" else {"rgb"}
            self._frames[key] = renderer.render(picture.spec.cameras[0], wanted)
        shown = as_colors(self._frames[key], picture.channel)
        if picture.crop:
            left, top, width, height = picture.crop
            full = shown.shape[1], shown.shape[0]
            shown = cv2.resize(shown[top : top + height, left : left + width], full, interpolation=cv2.INTER_NEAREST)
        return shown

    def _renderer(self, name: str) -> Renderer:
        if name not in self._open:
            self._open[name] = self._stack.enter_context(open_renderer(name, LIBRARY, **SETTINGS.get(name, {})))
        return self._open[name]


def as_colors(frame: Frame, channel: str) -> np.ndarray:
    """A channel of a frame as an (H, W, 3) uint8 RGB picture for people."""
    values = getattr(frame, {"depth": "depth_m"}.get(channel, channel))
    if channel == "rgb":
        return values
    if channel in ("instance", "category"):
        palette = np.array([(25, 25, 28), *(category_color(i) for i in range(1, int(values.max()) + 1))], np.uint8)
        return palette[values]
    if channel == "depth":
        finite = np.isfinite(values)
        near, far = (np.percentile(values[finite], q) for q in (1, 99))
        grey = np.clip((far - np.where(finite, values, far)) / (far - near), 0, 1)
        return cv2.applyColorMap((grey * 255).astype(np.uint8), cv2.COLORMAP_TURBO)[..., ::-1]
    if channel == "normal":
        return np.round((values * (1, -1, -1) * 0.5 + 0.5) * 255).astype(np.uint8)
    if channel.startswith("flow"):
        flow = np.nan_to_num(values)
        length = np.sqrt((flow * flow).sum(-1))
        hue = cv2.phase(flow[..., 0], flow[..., 1], angleInDegrees=True) / 2
        strength = np.clip(length / max(np.percentile(length, 99), 1e-6), 0, 1) * 255
        hsv = np.stack([hue, strength, np.full_like(hue, 255)], axis=-1).astype(np.uint8)
        return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    if values.ndim == 2:
        values = np.repeat(values[..., None], 3, axis=-1)
    return np.round(np.clip(values, 0, 1) ** (1 / 2.2 if channel == "albedo" else 1) * 255).astype(np.uint8)


def written(folder: Path, sheet: Sheet, tiles: list[tuple[str, np.ndarray]]) -> str:
    """Write a sheet, and return the line that says so."""
    width = (SHEET_WIDTH_PX - GAP_PX) // sheet.columns - GAP_PX
    rows: list[np.ndarray] = []
    for start in range(0, len(tiles), sheet.columns):
        row = [captioned(label, tile, width) for label, tile in tiles[start : start + sheet.columns]]
        strip = np.full((row[0].shape[0] + GAP_PX, sheet.columns * (width + GAP_PX) + GAP_PX, 3), 255, np.uint8)
        for i, tile in enumerate(row):
            left = GAP_PX + i * (width + GAP_PX)
            strip[GAP_PX:, left : left + width] = tile
        rows.append(strip)
    path = folder / f"{sheet.name}.jpg"
    data = b""
    for quality in range(QUALITY, 20, -5):
        data = cv2.imencode(".jpg", np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= MOST_BYTES:
            break
    path.write_bytes(data)
    return f"{path}: {len(tiles)} pictures, {len(data) / 1000:.0f} kB"


def captioned(label: str, tile: np.ndarray, width: int) -> np.ndarray:
    """The tile at this width, its label below."""
    height = round(tile.shape[0] * width / tile.shape[1])
    shrinks = width < tile.shape[1]
    scaled = cv2.resize(tile, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    strip = np.full((LABEL_PX, width, 3), 255, np.uint8)
    cv2.putText(strip, label, (2, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([scaled, strip])


if __name__ == "__main__":
    main()
