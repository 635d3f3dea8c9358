"""Losses and pictures of a training for TensorBoard, which draws them while it goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from diorama.refine.base import Rgb
from diorama.refine.files import made_folder
from diorama.sim.errors import MissingExtra


class Board:
    """Writes events to a folder, in a ``with`` block. What an earlier training wrote there of steps after `steps_done` is no longer shown.

    Raises MissingExtra where TensorBoard is not installed, and OutputError for a folder that cannot be written.
    """

    def __init__(self, folder: Path, *, steps_done: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ModuleNotFoundError as error:
            if error.name not in ("torch", "tensorboard"):
                raise
            raise MissingExtra("--tensorboard", error.name, "tensorboard") from None
        self._writer = SummaryWriter(str(made_folder(folder)), purge_step=steps_done + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._writer.close()

    def losses(self, step: int, losses: Mapping[str, float]) -> None:
        """A curve for each, under "losses"."""
        for name, loss in losses.items():
            self._writer.add_scalar(f"losses/{name}", loss, step)

    def samples(self, step: int, rgb: Rgb) -> None:
        """A picture (h, w, 3), under "samples"."""
        self._writer.add_image("samples", rgb, step, dataformats="HWC")
