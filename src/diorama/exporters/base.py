"""What an exporter is: pure functions from samples to bytes.

`encode` turns one sample into files (relative path to bytes) and a record (a JSON value a picture, in order).
`finalize` merges all records, streamed in order of image, into whatever files the format wants for the whole set. It is
a function of the records alone, so running it again gives the same bytes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from diorama.sim.frame import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One sample, encoded. `files` are relative POSIX paths; `records` one JSON value for each picture."""

    files: dict[str, bytes]
    records: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What holds for a whole set: `categories` as (name, supercategory) in the order of their ids from 1 on."""

    categories: tuple[tuple[str, str], ...]
    info: dict[str, Any]


class Exporter(Protocol):
    """The shape of an exporter. `records` may be iterated more than once: each call starts a new pass."""

    name: ClassVar[str]

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """`first_image` is the number (from 0) of the sample's first picture in the set."""
        ...

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield (relative path, chunks of bytes) for each file of the whole set."""
        ...
