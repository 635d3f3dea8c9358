"""The camera branch: how another camera would have taken the same picture.

A small network looks at numbers of a picture and says how it is to be developed: light, colour, sharpness, grain and tone. Nothing of that moves
a surface, so labels hold whatever it says, and its means over a set say what the gap is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from diorama.refine.base import Rgb

#: What can be changed, with the least and the most; 0 leaves a picture as it is.
#: Stops of light, and of red and blue against green; the share of light that is lost in the corners; saturation (more or less than it had); blur
#: (variance of the kernel in square pixels, below 0 sharpens); grain (standard deviation in linear light at white); black's code. Vividness is the
#: logarithm of how much more pure colours are saturated than greyish ones.
PARAMETERS: Mapping[str, tuple[float, float]] = {
    "exposure_ev": (-2.0, 2.0),
    "red_ev": (-0.7, 0.7),
    "blue_ev": (-0.7, 0.7),
    "vignetting": (-0.1, 0.7),
    "saturation": (-0.9, 0.9),
    "vividness": (-1.5, 1.5),
    "blur_px2": (-0.4, 2.4),
    "grain": (-0.1, 0.1),
    "black": (-0.05, 0.2),
}
#: What belongs to a lens and a sensor: the same for all pictures, whatever is in front of them.
_LENS = ("vignetting", "blur_px2", "grain", "black")
#: The tone curve of each channel, from 0 to 1 in straight pieces of this number, whose slopes are in relation to each other as the exponentials of
#: numbers up to this one: with all at 0 it is none.
PIECES, _STEEPEST = 8, 1.5
#: Curves are learned so much slower than light and colour, which would else be left to them.
_LATER = 0.15
#: Numbers that a picture is known by, and those that are drawn for it: cameras differ between pictures alike.
FACTS, LATENT = 12, 4
_LUMA = (0.2126, 0.7152, 0.0722)
_TAPS = 4
#: The purity whose saturation goes by `saturation` alone.
_HALF_PURE = 0.5


@dataclass(frozen=True, slots=True)
class Development:
    """Means and standard deviations of the parameters over some pictures: what the camera branch does."""

    means: dict[str, float]
    spreads: dict[str, float]

    def lines(self) -> list[str]:
        """What the gap is, in words."""
        words = {
            "exposure_ev": "exposure {:+.2f} EV",
            "red_ev": "red {:+.2f} EV",
            "blue_ev": "blue {:+.2f} EV",
            "vignetting": "light lost in corners {:.0%}",
            "saturation": "saturation {:+.0%}",
            "vividness": "vividness {:+.2f} (above 0: pure colours gain on greyish ones)",
            "blur_px2": "blur {:+.2f} px^2 (below 0: sharper)",
            "grain": "grain {:.4f} of white",
            "contrast": "contrast {:+.2f} (logarithm of the slope in the middle)",
            "black": "black at {:+.3f}",
        }
        return [f"{text.format(self.means[name])}  ± {self.spreads[name]:.3f}" for name, text in words.items()]


class CameraBranch(nn.Module):
    """Numbers of a picture and of chance to parameters, of which `strength` is done, from 0 to 1. Fresh, it leaves pictures as they are."""

    center: torch.Tensor
    scale: torch.Tensor
    strength: torch.Tensor
    low: torch.Tensor
    high: torch.Tensor
    varies: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("center", torch.zeros(FACTS))
        self.register_buffer("scale", torch.ones(FACTS))
        self.register_buffer("strength", torch.ones(()))
        self.inner, self.outer = nn.Linear(FACTS + LATENT, 32), nn.Linear(32, len(PARAMETERS) + 3 * PIECES)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)
        varies = torch.tensor([name not in _LENS for name in PARAMETERS] + [True] * (3 * PIECES))
        self.register_buffer("varies", varies[:, None].float(), persistent=False)
        limits = [*PARAMETERS.values(), *[(-_STEEPEST, _STEEPEST)] * (3 * PIECES)]
        self.register_buffer("low", torch.tensor([low for low, _ in limits]), persistent=False)
        self.register_buffer("high", torch.tensor([high for _, high in limits]), persistent=False)

    def forward(self, facts: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        """(n, FACTS) and (n, LATENT) to (n, parameters), in the order of PARAMETERS and then the pieces of red, green and blue, within limits."""
        inner = nn.functional.silu(self.inner(torch.cat([(facts - self.center) / self.scale, latent], dim=1)))
        said = nn.functional.linear(inner, self.outer.weight * self.varies, self.outer.bias)
        # Curves could do what light does; light is asked first.
        said = torch.cat([said[:, : len(PARAMETERS)], _LATER * said[:, len(PARAMETERS) :]], dim=1)
        return self.strength * torch.where(said > 0, self.high, -self.low) * torch.tanh(said)

    def shares(self, parameters: torch.Tensor) -> torch.Tensor:
        """How much of what they may be parameters are, in [-1, 1]."""
        return parameters / torch.where(parameters > 0, self.high, -self.low)

    @torch.no_grad()
    def settle(self, facts: torch.Tensor) -> None:
        """Take (n, FACTS) of a set as what is usual."""
        self.center.copy_(facts.mean(0))
        self.scale.copy_(facts.std(0, correction=0).clamp_min(1e-2))

    @torch.no_grad()
    def development(self, facts: torch.Tensor, latent: torch.Tensor) -> Development:
        """What is done to these pictures."""
        values = self(facts, latent)
        values[:, list(PARAMETERS).index("grain")].abs_()
        middle = _rises(values)[:, :, PIECES // 2 - 1 : PIECES // 2 + 1].mean((1, 2))
        values = torch.cat([values[:, : len(PARAMETERS)], (PIECES * middle).log()[:, None]], dim=1)
        names, means, spreads = [*PARAMETERS, "contrast"], values.mean(0).tolist(), values.std(0, correction=0).tolist()
        return Development(dict(zip(names, means, strict=True)), dict(zip(names, spreads, strict=True)))


def develop(rgb: torch.Tensor, parameters: torch.Tensor, grain: torch.Tensor, radius2: torch.Tensor) -> torch.Tensor:
    """Pictures (n, 3, h, w), sRGB in [0, 1], as a camera with these parameters (n, p) takes them.

    grain (n, 1, h, w) is normal noise; radius2 (n, 1, h, w) the square of the distance from the picture's middle, 1 in its corners. Lens and sensor
    work in linear light, in the order in which light meets them, and the tone curve on what is stored.
    """
    named = dict(zip(PARAMETERS, parameters[:, : len(PARAMETERS), None, None, None].unbind(1), strict=True))
    color = torch.cat([named["red_ev"], torch.zeros_like(named["red_ev"]), named["blue_ev"]], dim=1)
    light = _linear(rgb) * torch.exp2(named["exposure_ev"] + color) * (1 - named["vignetting"] * radius2)
    grey = (light * light.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
    light = grey + (1 + named["saturation"]) * torch.exp(named["vividness"] * (_purity(light) - _HALF_PURE)) * (light - grey)
    light = _blurred(light, named["blur_px2"][:, 0, 0, 0])
    # Photons come by chance: their noise grows with the root of the light.
    light = light + named["grain"] * (light.clamp_min(0) + 1e-3).sqrt() * grain
    code = _toned(_encoded(light.clamp(0, 1)), _rises(parameters))
    return (named["black"] + (1 - named["black"]) * code).clamp(0, 1)


def facts_of(rgb: torch.Tensor) -> torch.Tensor:
    """Numbers of a picture (h, w, 3) uint8 that its development may depend on: (FACTS,) float32."""
    values = rgb[::2, ::2].permute(2, 0, 1).float() / 255
    light = _linear(values).mean((1, 2)).clamp_min(1e-4)
    luma = (values * values.new_tensor(_LUMA)[:, None, None]).sum(0)
    quantiles = torch.quantile(luma.reshape(-1)[::7], luma.new_tensor([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]))
    slopes = (luma[:, 1:] - luma[:, :-1]).abs().mean().clamp_min(1e-4)
    color = torch.stack([(light[0] / light[1]).log2(), (light[2] / light[1]).log2()])
    rest = torch.stack([light[1].log2(), slopes.log2(), (values.amax(0) - values.amin(0)).mean()])
    return torch.cat([quantiles, color, rest])


def radius2_of(height: int, width: int) -> torch.Tensor:
    """(h, w) float32: the square of each pixel's distance from the middle, the corners' being 1."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5 - height / 2, torch.arange(width) + 0.5 - width / 2, indexing="ij")
    return (x**2 + y**2) / ((height / 2) ** 2 + (width / 2) ** 2)


def tensor_of(rgb: Rgb) -> torch.Tensor:
    """(1, 3, h, w) float32 in [0, 1] of (h, w, 3) uint8."""
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float() / 255


def luma_of(rgb: torch.Tensor) -> torch.Tensor:
    """(n, 1, h, w) of (n, 3, h, w)."""
    return (rgb * rgb.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)


def _linear(code: torch.Tensor) -> torch.Tensor:
    """IEC 61966-2-1."""
    return torch.where(code <= 0.04045, code / 12.92, ((code.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4)


def _encoded(light: torch.Tensor) -> torch.Tensor:
    return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light.clamp_min(0.0031308) ** (1 / 2.4) - 0.055)


def _purity(light: torch.Tensor) -> torch.Tensor:
    """(n, 1, h, w) of (n, 3, h, w): from 0 for greys to 1 for colours that one channel has no part in."""
    most = light.amax(1, keepdim=True)
    return (most - light.amin(1, keepdim=True)) / most.clamp_min(1e-4)


def _rises(parameters: torch.Tensor) -> torch.Tensor:
    """(n, 3, PIECES): by how much each piece of each channel's curve rises, all above 0, and 1 together."""
    return parameters[:, len(PARAMETERS) :].reshape(-1, 3, PIECES).softmax(dim=2)


def _toned(code: torch.Tensor, rises: torch.Tensor) -> torch.Tensor:
    """By a curve that rises from 0 to 1 in straight pieces."""
    out = torch.zeros_like(code)
    for k in range(PIECES):
        out = out + rises[:, :, k, None, None] * (PIECES * code - k).clamp(0, 1)
    return out


def _blurred(light: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
    """By a symmetric kernel of this variance (n,) in square pixels, which has a slope at 0: so many small diffusions one after the other."""
    share = variance[:, None] / (2 * _TAPS)
    once = torch.cat([share, 1 - 2 * share, share], dim=1)
    kernel = once
    for _ in range(_TAPS - 1):
        kernel = nn.functional.conv1d(kernel[None], once[:, None], padding=2, groups=len(once))[0]
    n, channels, height, width = light.shape
    # Pictures as channels: each has a kernel of its own.
    flat = nn.functional.pad(light.reshape(1, n * channels, height, width), (_TAPS, _TAPS, _TAPS, _TAPS), mode="reflect")
    taps = kernel.repeat_interleave(channels, dim=0)[:, None, None]
    flat = nn.functional.conv2d(flat, taps, groups=n * channels)
    flat = nn.functional.conv2d(flat, taps.transpose(2, 3), groups=n * channels)
    return flat.reshape(n, channels, height, width)
