"""What an adversary sees is moved and covered, lest it learns the few photographs by heart (S. Zhao et al., DiffAugment, NeurIPS 2020).

Without that method's changes of colour: colours are what is to be learned.
"""

import numpy as np
import torch

#: Moved by up to this share of a side, and covered by a square of this share.
_MOVED, _COVERED = 1 / 8, 1 / 3


def augmented(rgb: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """(n, 3, h, w) with each picture mirrored half of the time, moved, what comes in being 0.5, and covered by 0.5 somewhere; differentiable."""
    n, _, height, width = rgb.shape
    out = rgb.new_full(rgb.shape, 0.5)
    high, wide = round(height * _COVERED), round(width * _COVERED)
    for row in range(n):
        picture = rgb[row].flip(2) if rng.random() < 0.5 else rgb[row]
        y, x = (int(rng.integers(-round(side * _MOVED), round(side * _MOVED) + 1)) for side in (height, width))
        out[row, :, max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)] = picture[
            :, max(-y, 0) : height - max(y, 0), max(-x, 0) : width - max(x, 0)
        ]
        top, left = int(rng.integers(-high // 2, height - high // 2)), int(rng.integers(-wide // 2, width - wide // 2))
        out[row, :, max(top, 0) : top + high, max(left, 0) : left + wide] = 0.5
    return out
