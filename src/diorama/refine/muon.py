"""Muon: gradient descent in which each step moves all directions of a layer's weights alike (K. Jordan et al., Muon, 2024).

The momentum of a layer, as a matrix, is replaced by the nearest orthogonal one, which an iteration of Newton and Schulz finds by products alone.
Layers are followed by a normalisation, so that the length of their weights means nothing and is held where it is. A network that has few steps learns
about twice as much by it as by Adam.
"""

from collections.abc import Iterable

import torch

#: A polynomial that brings all singular values near 1 within so many rounds.
_TERMS, _ROUNDS = (3.4445, -4.7750, 2.0315), 5
_MOMENTUM = 0.9


class Muon(torch.optim.Optimizer):
    """For weights (out, in, ...) of layers whose length does not matter."""

    def __init__(self, weights: Iterable[torch.Tensor], lr: float) -> None:
        super().__init__(weights, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - nothing here evaluates a loss again
        for group in self.param_groups:
            for weight in group["params"]:
                momentum = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                momentum.lerp_(weight.grad, 1 - _MOMENTUM)
                ahead = weight.grad.lerp(momentum, _MOMENTUM).flatten(1)
                weight.mul_(len(weight) ** 0.5 / weight.norm().clamp_min(1e-9))
                weight.sub_(orthogonal(ahead).reshape(weight.shape), alpha=group["lr"])


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """Nearly the nearest matrix whose rows or columns, whichever are fewer, are orthogonal and of length 1; of tall ones, columns are longer, by
    the root of how much taller they are than wide.
    """
    a, b, c = _TERMS
    rows, columns = matrix.shape
    flat = matrix.T if rows > columns else matrix
    flat = flat / flat.norm().clamp_min(1e-9)
    for _ in range(_ROUNDS):
        square = torch.mm(flat, flat.T)
        flat = a * flat + torch.mm(b * square + c * torch.mm(square, square), flat)
    return (flat.T if rows > columns else flat) * max(1.0, rows / columns) ** 0.5
