"""Signs on their posts, as bodies: the pictures are what is labelled, posts and the backs of plates are poles."""

import math
from collections.abc import Sequence

from diorama.randomizers.street.fixed import fixed, foot_m
from diorama.randomizers.street.footprints import Footprints, footprints_of
from diorama.randomizers.street.ground import Ground, moved, toward_kerb
from diorama.randomizers.street.standing import facing, standing
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.spec import BodySpec, RoadMap, SignPostShape, SignShape
from diorama.sim.spec.roads import AreaKind, Vec2, along, lengths_m

#: A kerb belongs to a lane up to so far from its middle, with room to park and to cycle between; and the narrowest ground that holds a post.
_KERB_M, _NARROWEST_M = 6.0, 0.5
#: How much of the ground behind a kerb one looks at.
_DEEP_M = 4.0
#: Places tried along the road.
_TRIES_M = (0.0, -1.0, 1.0, -2.0, -3.5, 2.5, -5.0, -7.0)
_SPACING_M = 0.25
#: How far ahead of a lane's end an island may be.
_AHEAD_M = 40.0
#: Signs may stand so far before a lane's start, or after its end.
_BEYOND_M = 9.0


def sign_post(
    name: str, signs: Sequence[SignShape], clear_m: float, roads: RoadMap, place_m: Vec2, toward: Vec2, kind: AreaKind, library: AssetLibrary
) -> list[BodySpec]:
    """A post on ground of a kind, and the signs on it from the top, which face `toward`: ``<name>``, ``<name>-0``, ``<name>-1``, ..."""
    shape = SignPostShape(signs=tuple(sign.sign for sign in signs), clear_m=clear_m)
    asset = library.shape_asset(shape)
    pose = standing(asset, roads, place_m, toward, kind, upright=True)
    foot, turn = foot_m(asset, pose), facing(toward)
    post = BodySpec(name=name, shape=shape, world_from_body=pose, stuff="pole", tags=("street-furniture", "pole"))
    base = asset.landmarks["base"]
    out = [post]
    for i, sign in enumerate(signs):
        x, y, z = (a - b for a, b in zip(asset.landmarks[f"sign-{i}"], base, strict=True))
        out.append(
            BodySpec(
                name=f"{name}-{i}",
                shape=sign,
                world_from_body=fixed(library.shape_asset(sign), foot, turn, (x, y, z)),
                category="traffic-sign",
                attributes=(("sign", sign.sign), *((("text", sign.text),) if sign.text else ())),
                tags=("street-furniture", "traffic-sign"),
            )
        )
    return out


class Posts:
    """Posts put up beside lanes, where there is room."""

    def __init__(self, ground: Ground, taken: Footprints, library: AssetLibrary) -> None:
        self.ground, self.taken, self.library = ground, taken, library

    def put(
        self, name: str, signs: Sequence[SignShape], lane_m: Sequence[Vec2], way_m: float, *, off_kerb_m: float, clear_m: float, turn_rad: float = 0.0
    ) -> list[BodySpec]:
        """A post beside a lane, about so far along it, with signs that face who comes, turned a little; nothing where there is no room for it."""
        lengths = lengths_m(lane_m)
        for step in _TRIES_M:
            place, heading = along(lane_m, min(max(way_m + step, -_BEYOND_M), lengths[-1] + _BEYOND_M), lengths)
            toward = toward_kerb(self.ground.roads, heading)
            span = next((s for s in self.ground.standing(place, toward, _KERB_M + _DEEP_M) if s.end_m - s.start_m > _NARROWEST_M), None)
            if span is None or span.start_m > _KERB_M:
                continue
            deep = span.end_m - span.start_m
            for off in (min(off_kerb_m, deep - 0.2), 0.3, deep - 0.15):
                put = self._stand(name, signs, clear_m, moved(place, toward, span.start_m + off), heading, turn_rad, span.kind)
                if put:
                    return put
        return []

    def put_ahead(self, name: str, signs: Sequence[SignShape], lane_m: Sequence[Vec2], *, clear_m: float) -> list[BodySpec]:
        """A post on the first island straight on from a lane's end; nothing where there is none."""
        lengths = lengths_m(lane_m)
        place, heading = along(lane_m, lengths[-1], lengths)
        for span in self.ground.standing(place, heading, _AHEAD_M, ("island",))[:1]:
            return self._stand(name, signs, clear_m, moved(place, heading, span.start_m + 1.0), heading, 0.0, span.kind)
        return []

    def _stand(
        self, name: str, signs: Sequence[SignShape], clear_m: float, spot: Vec2, heading: Vec2, turn_rad: float, kind: AreaKind
    ) -> list[BodySpec]:
        """A post at a place, if there is room for it."""
        if not self.ground.is_clear([spot]):
            return []
        toward = _turned((-heading[0], -heading[1]), turn_rad)
        put = sign_post(name, signs, clear_m, self.ground.roads, spot, toward, kind, self.library)
        return put if self._is_free(put[0], spot, kind) else []

    def _is_free(self, post: BodySpec, spot: Vec2, kind: AreaKind) -> bool:
        """Whether there is room for a post, which it takes then."""
        pieces = footprints_of(self.library.shape_asset(post.shape), post.world_from_body)
        floor = self.ground.roads.ground_m(*spot, kind)
        feet = [corner for piece in pieces if piece.low_m < floor + 0.5 for corner in piece.corners()]
        if not self.ground.is_clear(feet) or not self.ground.are_raised(feet) or not self.taken.are_free(pieces, _SPACING_M):
            return False
        self.taken.add(pieces)
        return True


def _turned(direction: Vec2, angle_rad: float) -> Vec2:
    # Sines differ in their last bits between C libraries.
    c, s = round(math.cos(angle_rad), 12), round(math.sin(angle_rad), 12)
    return direction[0] * c - direction[1] * s, direction[1] * c + direction[0] * s
