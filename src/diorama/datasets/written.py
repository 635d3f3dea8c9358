"""A data set that was written, for torch."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from diorama.datasets.detection import KEYS, checked, tensors
from diorama.datasets.folder import WrittenFolder
from diorama.sim.errors import MissingExtra

try:
    from torch.utils.data import Dataset
except ImportError:
    raise MissingExtra("WrittenDataset", "torch", "torch") from None


class WrittenDataset(Dataset[Any]):
    """The pictures of a folder that ``diorama generate`` wrote with the exporter ``coco``, in their order.

    An item is ``(image, target)`` as `DioramaDataset` makes it, or what `transform` makes of the two; of `keys` there are those that the files hold.
    Nothing is held but the folder's name, so that any number of workers costs no memory.

    Raises UnknownKey, and InvalidValue when the folder holds no such data set, or one that is not finished; items raise InvalidValue when a
    file is missing or damaged.
    """

    def __init__(self, folder: str | Path, *, keys: Iterable[str] = KEYS, transform: Callable[[Any, dict[str, Any]], Any] | None = None) -> None:
        self.folder = WrittenFolder(folder)
        self.keys, self.transform = checked(keys, KEYS), transform
        #: The categories' names; the label of the first is 1.
        self.categories = self.folder.categories

    def __len__(self) -> int:
        return len(self.folder)

    def __getitem__(self, index: int) -> Any:
        image, target = tensors(*self.folder.read(range(len(self))[index], self.keys))
        return (image, target) if self.transform is None else self.transform(image, target)
