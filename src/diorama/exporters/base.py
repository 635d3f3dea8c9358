"""What an exporter is: pure functions from samples to bytes.

An exporter is a frozen dataclass of settings. `encode` turns one sample into files and one record for each of its
pictures. `finalize` merges all records, streamed in the order of the pictures, into whatever files the format wants for
the whole set. It is a function of the records alone, so running it again gives the same bytes.

Bytes must be the same on every machine: no clock, no host, no dictionary order of chance, and floats rounded before they
are written.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from diorama.sim.frame import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One sample, encoded.

    `files` are relative POSIX paths and their bytes; a path belongs to one picture or sample and is never used twice.
    `records` are JSON values, one for each picture, in order.
    """

    files: dict[str, bytes]
    records: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What holds for a whole set: `categories` as (name, supercategory) in the order of their ids from 1 on."""

    categories: tuple[tuple[str, str], ...]
    info: dict[str, Any]


class Exporter(Protocol):
    """The shape of an exporter. `records` may be called more than once: each call starts a new pass.

    One that writes more than rgb, depth, instances and labels names the channels it needs in `channels`, a setting or a class variable.
    """

    name: ClassVar[str]

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """`first_image` is the number (from 0) of the sample's first picture in the set."""
        ...

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield (relative path, chunks of bytes) for each file of the whole set. Chunks are used up before the next is asked for."""
        ...
