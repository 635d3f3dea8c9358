"""The adversary: two small networks that look at patches of 34 pixels, of the picture and of the picture at half size, and their losses."""

from collections.abc import Callable, Mapping

import torch
from torch import nn

from diorama.refine.settings import Loss

_SCALES = 2
_LEAST = 0.2
_GROUPS = 4
#: What a photograph is said to be under one-sided label smoothing (T. Salimans et al., Improved Techniques for Training GANs, 2016).
_SMOOTH = 0.9

Pair = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Discriminators(nn.Module):
    """Pictures (n, 3, h, w) in [0, 1] to a number for each patch: larger for a photograph.

    Patches are what a PatchGAN of P. Isola et al. (2017) with two strides sees. Each crop is normalised by itself, by groups of channels, never by
    others of its batch, which penalties of gradients forbid; without, discriminators took twice as many steps to see as much.
    """

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(3, width, 4, 2, 1),
                nn.LeakyReLU(_LEAST),
                nn.Conv2d(width, 2 * width, 4, 2, 1),
                nn.GroupNorm(_GROUPS, 2 * width),
                nn.LeakyReLU(_LEAST),
                nn.Conv2d(2 * width, 2 * width, 4, 1, 1),
                nn.GroupNorm(_GROUPS, 2 * width),
                nn.LeakyReLU(_LEAST),
                nn.Conv2d(2 * width, 1, 4, 1, 1),
            )
            for _ in range(_SCALES)
        )

    def forward(self, rgb: torch.Tensor) -> torch.Tensor:
        """(n, patches), those of both scales in a row."""
        said = []
        for number, scale in enumerate(self.scales):
            said.append(scale(nn.functional.avg_pool2d(rgb, 2**number) * 2 - 1).flatten(1))
        return torch.cat(said, dim=1)


def _judging(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    return nn.functional.softplus(fake - real).mean()


def _smoothed(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    bce = nn.functional.binary_cross_entropy_with_logits
    return bce(real, torch.full_like(real, _SMOOTH)) + bce(fake, torch.zeros_like(fake))


#: Losses of what is said of photographs and of refined pictures, for the discriminators and for the refiner: relativistic pairing
#: (A. Jolicoeur-Martineau, ICLR 2019; N. Huang et al., The GAN is dead, 2024), least squares (X. Mao et al., 2017), hinge (J. Lim and J. Ye, 2017)
#: and cross entropy.
LOSSES: Mapping[Loss, tuple[Pair, Pair]] = {
    "relativistic": (_judging, lambda real, fake: _judging(fake, real)),
    "lsgan": (lambda real, fake: ((real - 1) ** 2).mean() + (fake**2).mean(), lambda _, fake: ((fake - 1) ** 2).mean()),
    "hinge": (lambda real, fake: torch.relu(1 - real).mean() + torch.relu(1 + fake).mean(), lambda _, fake: -fake.mean()),
    "bce": (_smoothed, lambda _, fake: nn.functional.softplus(-fake).mean()),
}


def penalty(discriminators: nn.Module, pictures: torch.Tensor) -> torch.Tensor:
    """Mean squared length of the slope of what is said, at these pictures: R1 for photographs, R2 for others (L. Mescheder et al., ICML 2018).

    Of the mean over patches, so that it does not depend on how many a crop has.
    """
    pictures = pictures.detach().requires_grad_()
    (slope,) = torch.autograd.grad(discriminators(pictures).mean(1).sum(), pictures, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean()
