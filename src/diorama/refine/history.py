"""Refined pictures of earlier steps, for the adversary to remember (A. Shrivastava et al., SimGAN, CVPR 2017)."""

import numpy as np
import torch


class History:
    """At most `most` pictures, uint8; each that is mixed in takes the place of one that is given out."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.kept: list[torch.Tensor] = []

    def mixed(self, fresh: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """Pictures (n, 3, h, w) in [0, 1], of which as many as half are exchanged for earlier ones, once there are enough of them."""
        out = fresh.clone()
        for row, picture in enumerate(fresh):
            stored = (picture * 255).round().to(torch.uint8)
            if len(self.kept) < self.most:
                self.kept.append(stored)
            elif row < len(fresh) // 2:
                place = int(rng.integers(self.most))
                out[row] = self.kept[place].to(fresh) / 255
                self.kept[place] = stored
        return out
