"""What the label gate's network sees in a crop must stay when the residual is added: a loss that a refiner is trained with.

Its answers, softened (G. Hinton et al., Distilling the Knowledge in a Neural Network, 2015), are held by their relative entropy, and its maps by the
square of how much they change in units of how much they vary. Both are taken before anything is brought to the size of the picture, which is most of
what the network costs otherwise.
"""

from typing import Literal

import torch
from torch.nn import functional

from diorama.refine.geometry import Geometry
from diorama.refine.oracle import Oracle

#: Divides logits, so that classes that are not the likeliest count as well.
_TEMPERATURE = 2.0


class OracleConsistency:
    """Pictures before and after, (n, 3, h, w) in [0, 1], to a loss: 0 where the frozen network sees the same in both, around 1 where in one it sees
    nothing of what is in the other.
    """

    def __init__(self, oracle: Oracle, device: Literal["cpu", "cuda"] = "cpu") -> None:
        self._oracle = Oracle.from_state(oracle.state()).to(device)

    def __call__(self, before: torch.Tensor, after: torch.Tensor, geometry: Geometry) -> torch.Tensor:
        """Slopes go through what is after alone."""
        with torch.no_grad():
            maps, said = self._oracle.coarse(before)
        changed, says = self._oracle.coarse(after)
        wanted = (said / _TEMPERATURE).log_softmax(dim=1)
        apart = functional.kl_div((says / _TEMPERATURE).log_softmax(dim=1), wanted, reduction="none", log_target=True).sum(dim=1).mean()
        moved = [(now - then).square().mean() / then.var().clamp_min(1e-6) for now, then in zip(changed, maps, strict=True)]
        return _TEMPERATURE**2 * apart + torch.stack(moved).mean()
