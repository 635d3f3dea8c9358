"""Many scenes: files written whole, records of what is finished, worker processes."""

from diorama.run.local import Progress, Summary, generate_dataset

__all__ = ["Progress", "Summary", "generate_dataset"]
