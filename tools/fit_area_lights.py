"""Make the table behind rectangular lights: `python tools/fit_area_lights.py` (about two minutes on one core).

A clamped cosine, transformed linearly, is fitted to the reflection lobe of GGX with height-correlated Smith masking for
each roughness and viewing angle (Heitz, Dupuy, Hill and Neubelt, "Real-time polygonal-light shading with linearly transformed
cosines", 2016). Two choices are our own:

- The transform keeps the horizon where it is, so that no light leaks through it and one clipped polygon serves all lobes.
  That also fits grazing views better than a lobe turned about its mean, because the true lobe ends at the horizon as well.
- What is made smallest is half the integral of |lobe - fit| over the hemisphere, the total variation: no light of whatever shape can
  be off by more, in shares of the lobe.

The table is (32, 32, 4) float32, by roughness i / 31 and sqrt(1 - cosine) j / 31 of the view: width and breadth of the lobe over
alpha = roughness^2, sine and cosine of its tilt. How much the lobe reflects in all is in `raster/dfg.py`.
"""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

SIZE = 32
TABLE = Path(__file__).parents[1] / "src/diorama/sim/render/raster/ltc_ggx.npy"
#: No viewer is nearer to the surface's plane than this, as a cosine.
GRAZING = 0.002
Array = NDArray[np.float64]


def square(rows: int, columns: int) -> tuple[Array, Array]:
    """The middles of a grid's cells in the unit square."""
    u, v = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
    return u.ravel(), v.ravel()


def reflected_directions(alpha: float, cosine: float, u: Array, v: Array) -> Array:
    """Directions (n, 3) in proportion to GGX's visible normals (Heitz 2018). The viewer is at (-sine, 0, cosine)."""
    view = np.array([-math.sqrt(1 - cosine**2), 0.0, cosine])
    stretched = view * (alpha, alpha, 1)
    stretched /= math.hypot(*stretched)
    across = np.array([0.0, 1.0, 0.0])
    along = np.cross(stretched, across)
    r, turn = np.sqrt(u), 2 * math.pi * v
    x, y = r * np.cos(turn), r * np.sin(turn)
    share = (1 + stretched[2]) / 2
    x = (1 - share) * -np.sqrt(1 - y * y) + share * x
    half = x[:, None] * along + y[:, None] * across + np.sqrt(np.maximum(1 - x * x - y * y, 0))[:, None] * stretched
    half *= (alpha, alpha, 1)
    half /= np.sqrt((half * half).sum(axis=1, keepdims=True))
    return 2 * (half * view).sum(axis=1, keepdims=True) * half - view


def ggx(alpha: float, cosine: float, light: Array) -> tuple[Array, Array]:
    """For directions (n, 3): the BRDF for full reflection times n.l, and the density of `reflected_directions`."""
    view = np.array([-math.sqrt(1 - cosine**2), 0.0, cosine])
    half = light + view
    half /= np.sqrt((half * half).sum(axis=1, keepdims=True))
    no_l, no_h = np.maximum(light[:, 2], 1e-12), half[:, 2]
    distribution = alpha**2 / (math.pi * (no_h**2 * (alpha**2 - 1) + 1) ** 2)
    view_mask = math.sqrt(cosine**2 * (1 - alpha**2) + alpha**2)
    visible = 0.5 / (no_l * view_mask + cosine * np.sqrt(no_l**2 * (1 - alpha**2) + alpha**2))
    lobe = distribution * visible * no_l * (light[:, 2] > 0)
    return lobe, distribution / (2 * (cosine + view_mask))


def transform(alpha: float, parameters: Array) -> Array:
    """The matrix from cosine space, of (log width / alpha, log breadth / alpha, tilt)."""
    width, breadth = alpha * math.exp(parameters[0]), alpha * math.exp(parameters[1])
    sine, cosine = math.sin(parameters[2]), math.cos(parameters[2])
    return np.array([[width / cosine**2, 0, sine / cosine], [0, breadth, 0], [0, 0, 1]])


def cosine_density(matrix: Array, light: Array) -> Array:
    """The clamped cosine transformed by the matrix, at directions (n, 3) above the horizon."""
    inverse = np.linalg.inv(matrix)
    flat = light @ inverse.T
    length2 = (flat * flat).sum(axis=1)
    return np.maximum(flat[:, 2], 0) / math.pi * np.linalg.det(inverse) / length2**2


def cell(alpha: float, cosine: float, starts: list[Array]) -> tuple[Array, float]:
    """One fit: the transform's parameters, and the total variation left.

    Besides the lobe of a mirror, tilted to the mean, the search begins at each of `starts`.
    """
    dense = reflected_directions(alpha, cosine, *square(256, 256))
    lobe, density = ggx(alpha, cosine, dense)
    weight = lobe / density
    integral = weight.mean()
    mean = (dense * weight[:, None]).mean(axis=0)
    u, v = square(32, 64)
    own = reflected_directions(alpha, cosine, u, v)
    own_lobe, own_density = ggx(alpha, cosine, own)
    r, turn = np.sqrt(u), 2 * math.pi * v
    cosine_directions = np.stack([r * np.cos(turn), r * np.sin(turn), np.sqrt(1 - u)], axis=1)

    def total_variation(parameters: Array) -> float:
        if abs(parameters[2]) >= math.pi / 2 or np.abs(parameters[:2]).max() > 12:
            return 2.0
        matrix = transform(alpha, parameters)
        fit = cosine_density(matrix, own)
        other = cosine_directions @ matrix.T
        other /= np.sqrt((other * other).sum(axis=1, keepdims=True))
        other_lobe, other_density = ggx(alpha, cosine, other)
        other_fit = cosine_density(matrix, other)
        # Samples of both densities, by the balance heuristic; half of twice the mean.
        mine = (np.abs(own_lobe / integral - fit) / (own_density + fit)).mean()
        return float(mine + (np.abs(other_lobe / integral - other_fit) / (other_density + other_fit)).mean()) / 2

    guess = np.array([math.log(2), math.log(2), math.atan2(mean[0], mean[2])])
    options = {"xatol": 1e-4, "fatol": 1e-6, "maxiter": 800}
    found = [minimize(total_variation, start, method="Nelder-Mead", options=options) for start in (guess, *starts)]
    best = min(found, key=lambda result: result.fun)
    return best.x, float(best.fun)


def main() -> None:
    """Fit all cells and write the table."""
    table = np.zeros((SIZE, SIZE, 4))
    worst = np.zeros((SIZE, SIZE))
    cosines = np.maximum(1 - (np.arange(SIZE) / (SIZE - 1)) ** 2, GRAZING)
    for j, cosine in enumerate(cosines):
        # A mirror: the lobe of a vanishing alpha is a transformed cosine exactly, of twice alpha's width.
        table[0, j] = (2, 2, math.sqrt(1 - cosine**2), cosine)
        starts: list[Array] = []
        for i in range(1, SIZE):
            fit, worst[i, j] = cell((i / (SIZE - 1)) ** 2, float(cosine), starts)
            table[i, j] = (math.exp(fit[0]), math.exp(fit[1]), math.sin(fit[2]), math.cos(fit[2]))
            starts = [fit]
    np.save(TABLE, table.astype(np.float32))
    shown = np.array([3, 6, 11, 16, 22, 31])
    print("total variation, roughness (rows) by cosine of the view:", np.round(cosines[::5], 2))
    for i in shown:
        print(f"{i / (SIZE - 1):.2f}", np.round(worst[i, ::5], 4))


if __name__ == "__main__":
    main()
