"""Signs and the posts that hold them, as assets."""

import numpy as np

from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.recipe import paint, printed
from diorama.sim.assets.street.furniture.faces import FACES, picture
from diorama.sim.assets.street.furniture.solids import draft, pipe, plate
from diorama.sim.spec.signs import Sign, SignPostShape, SignShape

#: How thick the picture's sheet is, and the folded plate behind it.
SHEET_M, PLATE_M = 0.002, 0.02
_GAP_M = 0.03
_POST_M = 0.038
#: Wider signs have two posts.
_WIDE_M = 1.0
_GREY = paint((148, 151, 153), 0.55, 0.2)
_STEEL = paint((158, 161, 163), 0.45, 0.6)


def outline_m(sign: Sign) -> np.ndarray:
    """The plate's outline (n, 2) about its middle, (y, z) in metres."""
    face = FACES[sign]
    return np.array(face.outline) * (face.size_m[1] / 2)


def sign_asset(shape: SignShape) -> Asset:
    """The front of a sign."""
    outline = outline_m(shape.sign)
    wide, high = FACES[shape.sign].size_m
    uv = outline / (wide, high) + 0.5
    surfaces = plate(outline, 0.0, SHEET_M, printed(picture(shape), 0.5, film=0.6), _GREY, uv)
    hull = np.concatenate([np.column_stack([np.full(len(outline), x), outline]) for x in (0.0, SHEET_M)])
    made = draft(surfaces, hulls=[hull], density_kg_m3=2700.0, landmarks={"base": (0.0, 0.0, 0.0)})
    return made.asset(f"sign:{shape!r}", "traffic-sign", "traffic-sign")


def sign_post_asset(shape: SignPostShape) -> Asset:
    """A post with grey plates, each as the back of a sign."""
    bottom, surfaces, landmarks, hulls = shape.clear_m, [], {"base": (0.0, 0.0, 0.0)}, []
    for i in range(len(shape.signs) - 1, -1, -1):
        sign = shape.signs[i]
        high = FACES[sign].size_m[1]
        middle = bottom + high / 2
        outline = outline_m(sign) + (0.0, middle)
        front = _POST_M + PLATE_M
        surfaces += plate(outline, _POST_M, front, _GREY, _GREY)
        hulls.append(np.concatenate([np.column_stack([np.full(len(outline), x), outline]) for x in (_POST_M, front)]))
        landmarks[f"sign-{i}"] = (front, 0.0, middle)
        bottom += high + _GAP_M
    top = bottom - _GAP_M
    widest = max(FACES[sign].size_m[0] for sign in shape.signs)
    posts = [-widest / 3, widest / 3] if widest > _WIDE_M else [0.0]
    poles = [pipe((0.0, y, 0.0), (0.0, y, top), _POST_M, _STEEL) for y in posts]
    made = draft([*poles, *surfaces], hulls=[*(p.positions for p in poles), *hulls], density_kg_m3=1500.0, landmarks=landmarks)
    return made.asset(f"sign-post:{shape!r}", "sign-post", "pole")
