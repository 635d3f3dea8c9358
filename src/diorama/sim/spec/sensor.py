"""How radiance becomes a picture file's numbers."""

import math
from dataclasses import dataclass
from typing import Literal

from diorama.sim.spec.checks import Rgb, check, check_color, check_share, finite

#: ``filmic`` is Narkowicz's fit of the ACES film curve; ``linear`` clips at 1.
ToneCurve = Literal["filmic", "linear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drops:
    """`count` drops of water on the glass before the lens, as far as they find room beside each other; `seed` says where.

    Each shows, out of focus, what a ball of water shows: all there is before it, upside down. `size` is the radius of a usual one as a share of the
    picture's height; few are up to four times as large.
    """

    count: int
    size: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        check(0 <= self.count <= 5000, self, f"count must be in 0..5000, got {self.count}")
        check(0 < self.size <= 0.2, self, f"size must be in (0, 0.2], got {self.size}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSpec:
    """The lens's faults and the sensor's, in the order in which light meets them. Nothing here moves or changes a label.

    First of all light may meet `drops` on the glass.

    `blur_px` is the standard deviation of the lens's blur, a Gaussian. `vignetting` darkens towards the corners: 0 not at all, 1 by the fourth power
    of the cosine off the axis. `chromatic_aberration_px` is how far, at the picture's corner, red is drawn outwards and blue inwards. `bloom` is the
    share of the light that strays, into a halo whose radius is `bloom_radius` of the picture's height.

    The signal is then the radiance times 2**`exposure_ev`, channel by channel times `white_balance`. It gets noise of standard
    deviation sqrt(`read_noise`**2 + `shot_noise`**2 * signal), the pattern picked by `noise_seed`, goes through the tone curve
    (``filmic``; ``linear`` only clips at 1) and is encoded as sRGB. `jpeg_quality` (1 to 100) leaves the marks of that
    compression, 4:2:0, in the picture; None leaves none.
    """

    exposure_ev: float = 0.0
    white_balance: Rgb = (1.0, 1.0, 1.0)
    tone_curve: ToneCurve = "filmic"
    read_noise: float = 0.0
    shot_noise: float = 0.0
    noise_seed: int = 0
    blur_px: float = 0.0
    vignetting: float = 0.0
    chromatic_aberration_px: float = 0.0
    bloom: float = 0.0
    bloom_radius: float = 0.05
    jpeg_quality: int | None = None
    drops: Drops | None = None

    def __post_init__(self) -> None:
        check(finite(self.exposure_ev), self, f"exposure_ev must be finite, got {self.exposure_ev}")
        check_color(self, "white_balance", self.white_balance, math.inf)
        check(0 <= self.read_noise < 1 and 0 <= self.shot_noise < 1, self, f"noises must be in [0, 1), got {self.read_noise}, {self.shot_noise}")
        check(0 <= self.noise_seed < 2**32, self, f"noise_seed must be in [0, 2**32), got {self.noise_seed}")
        check(0 <= self.blur_px <= 16, self, f"blur_px must be in [0, 16], got {self.blur_px}")
        check_share(self, "vignetting", self.vignetting)
        aberration = self.chromatic_aberration_px
        check(finite(aberration) and abs(aberration) <= 32, self, f"chromatic_aberration_px must be in [-32, 32], got {aberration}")
        check_share(self, "bloom", self.bloom)
        check(0 < self.bloom_radius <= 0.5, self, f"bloom_radius must be in (0, 0.5], got {self.bloom_radius}")
        quality = self.jpeg_quality
        check(quality is None or 1 <= quality <= 100, self, f"jpeg_quality must be in 1..100 or none, got {quality}")
