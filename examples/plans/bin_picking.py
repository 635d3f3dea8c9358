"""Make the meshes that bin_picking.yaml takes objects from: four machine parts, in millimetres, as a CAD program would export them.

Run: python examples/plans/bin_picking.py
"""

from pathlib import Path

import numpy as np
import trimesh
from trimesh.creation import annulus, box, cylinder


def main(out: Path = Path("meshes")) -> None:
    """Write ``out/bracket/bracket.stl`` and so on; the folder of each is its category."""
    parts = {
        "bracket": [_box((60, 40, 4), (0, 0, 2)), _box((60, 4, 40), (0, 18, 20))],
        "bolt": [cylinder(radius=9, height=7, sections=6), cylinder(radius=5, height=40, sections=24, transform=_moved(0, 0, 23))],
        "flange": [annulus(r_min=12, r_max=30, height=6), annulus(r_min=12, r_max=17, height=24, transform=_moved(0, 0, 12))],
        "plate": [_box((50, 30, 5), (0, 0, 0)), cylinder(radius=8, height=14, sections=24, transform=_moved(10, 0, 7))],
    }
    for name, pieces in parts.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        trimesh.util.concatenate(pieces).export(folder / f"{name}.stl")
    print(f"{len(parts)} meshes in {out}")


def _box(size: tuple[float, float, float], at: tuple[float, float, float]) -> trimesh.Trimesh:
    return box(extents=size, transform=_moved(*at))


def _moved(x: float, y: float, z: float) -> np.ndarray:
    return trimesh.transformations.translation_matrix((x, y, z))


if __name__ == "__main__":
    main()
