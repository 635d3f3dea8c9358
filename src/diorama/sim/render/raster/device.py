"""Warp as the host side uses it: any dtype, any sequence. Its own annotations are narrower, so its types end here."""

from typing import Any

import warp

wp: Any = warp

#: A `warp.array`, of whatever dtype.
Array = Any
