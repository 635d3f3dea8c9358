"""Errors that say what was wrong, what was expected and what to do.

Everything a user can cause derives from `DioramaError`; the command line prints its message and exits
with code 2. Anything else that escapes is a bug of ours and shows its traceback.
"""

import difflib
from collections.abc import Iterable

#: A message lists no more names than this.
_MOST_NAMES = 40


class DioramaError(Exception):
    """Base of every error that a user can cause and mend."""


class InvalidValue(DioramaError, ValueError):
    """A value of the right type that makes no sense: a negative mass, an empty range, a NaN."""


class UnknownName(DioramaError, LookupError):
    """A name that no registry holds."""


class UnknownKey(DioramaError, LookupError):
    """A settings key that no field answers to."""


class MissingExtra(DioramaError, ImportError):
    """A feature whose optional dependency is not installed."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(f'{feature} needs {package}. Install it with: pip install "diorama[{extra}]"')


class AssetError(DioramaError):
    """A mesh, texture or URDF that cannot be used. The message names the file."""


class OutputError(DioramaError):
    """An output folder that cannot be written, or that holds something we must not touch."""


class RejectedScene(DioramaError):
    """A scene that was built and found unfit (a body fell off, never came to rest, ...).

    Not a failure: the caller draws another attempt. `reason` is a short kebab-case key that is counted.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class TooManyRejections(DioramaError):
    """Every attempt at one scene or view was rejected; the message counts the reasons."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``' Did you mean "x"? Known: a, b.'`` for a name that is not in `known`."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.55)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")
    return f"{hint} Known: {shown}." if names else hint
