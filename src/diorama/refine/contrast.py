"""What is at a place after refinement must be more like what was there than like what was elsewhere in the picture.

The patchwise contrastive loss of T. Park et al., Contrastive Learning for Unpaired Image-to-Image Translation, ECCV 2020, one-sided as in their
FastCUT. Theirs looks through the generator's own layers. Ours are told of geometry, by which places would be known without looking, so that the loss
has layers of its own, which learn to find places again.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

#: Divides similarities; theirs.
TEMPERATURE = 0.07
#: Channels of the layers, each of which halves the picture, and of what is compared.
_WIDE, _COMPARED = (3, 16, 32, 48), 32
#: Places of a picture in each layer. Theirs are 256 in pictures of 256 pixels.
_PLACES = 64


class Contrast(nn.Module):
    """Pictures (n, 3, h, w) in [0, 1] before and after, to a loss: 0 where each place is like itself alone, log(places) where all are alike."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.2)) for a, b in pairwise(_WIDE))
        self.heads = nn.ModuleList(nn.Sequential(nn.Linear(b, _COMPARED), nn.ReLU(), nn.Linear(_COMPARED, _COMPARED)) for b in _WIDE[1:])

    def forward(self, before: torch.Tensor, after: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """Places are drawn anew for each layer, the same in all pictures. What is before stands still: no slope goes through it."""
        here, there = before * 2 - 1, after * 2 - 1
        losses = []
        for layer, head in zip(self.layers, self.heads, strict=True):
            here, there = layer(here), layer(there)
            count = here.shape[2] * here.shape[3]
            places = torch.from_numpy(rng.choice(count, min(count, _PLACES), replace=False)).to(here.device)
            known, asked = (head(maps.flatten(2)[:, :, places].transpose(1, 2)) for maps in (here, there))
            losses.append(info_nce(asked, known.detach()))
        return torch.stack(losses).mean()


def info_nce(asked: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Features (n, places, k), of any length: how badly each of `asked` is told to be the one of `known` at its place, among all of its picture.

    The cross entropy of A. van den Oord et al., Representation Learning with Contrastive Predictive Coding, 2018, of cosines over the temperature.
    """
    asked, known = (nn.functional.normalize(features, dim=2) for features in (asked, known))
    logits = torch.bmm(asked, known.transpose(1, 2)) / TEMPERATURE
    right = torch.arange(logits.shape[1], device=logits.device).expand(logits.shape[:2])
    return nn.functional.cross_entropy(logits.flatten(0, 1), right.flatten())
