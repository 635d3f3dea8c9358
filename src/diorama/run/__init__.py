"""Many scenes: files written whole, records of what is finished, worker processes."""

from diorama.run.local import Progress, Summary, run

__all__ = ["Progress", "Summary", "run"]
