"""Steps that move all directions of a layer's weights alike."""

import pytest
import torch

from diorama.refine.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(4, 20), (20, 4), (6, 6)])
def test_singular_values_come_near_one(shape: tuple[int, int]):
    """The polynomial brings them within a third of 1, however far apart they were; the factor of tall ones is taken away here."""
    torch.manual_seed(0)
    made = orthogonal(torch.diag(torch.logspace(0, -2, shape[0])) @ torch.randn(shape)) / max(1.0, shape[0] / shape[1]) ** 0.5
    values = torch.linalg.svdvals(made)
    assert 0.6 < values.min()
    assert values.max() < 1.3


def test_the_directions_are_those_of_the_matrix():
    torch.manual_seed(1)
    matrix = torch.randn(5, 30)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ orthogonal(matrix) @ v.T
    assert (inner - torch.diag(inner.diagonal())).abs().max() < 1e-4


def test_a_layer_learns_and_keeps_its_length():
    torch.manual_seed(2)
    weight, wanted = (torch.nn.functional.normalize(torch.randn(8, 32), dim=1) for _ in range(2))
    weight.requires_grad_()
    optimizer = Muon([weight], 0.05)

    def distance() -> torch.Tensor:
        return (weight / weight.norm() - wanted / wanted.norm()).square().sum()

    first = float(distance().detach())
    for _ in range(60):
        optimizer.zero_grad()
        distance().backward()
        optimizer.step()
    assert float(distance().detach()) < 0.02 * first
    assert float(weight.detach().norm()) == pytest.approx(8**0.5, rel=0.1)
