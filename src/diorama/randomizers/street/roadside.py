"""What stands beside roads that have no pavement: posts that show where the road goes, and crash barriers."""

from collections.abc import Iterator

from diorama.randomizers.street.ground import Ground, moved, toward_kerb
from diorama.randomizers.street.signs import kerb_lanes, lane_length
from diorama.randomizers.street.sites import Site
from diorama.sim.assets.street.furniture.fences import GUARD_RAIL_M
from diorama.sim.seeds import Seed
from diorama.sim.spec import Lane, MeshShape, RowShape
from diorama.sim.spec.roads import AreaKind, Vec2, along, lengths_m

#: From one post to the next, and how far they stand off the road; barriers are farther off.
_POSTS_M, _OFF_M, _RAIL_OFF_M = 33.0, 0.6, 0.8
#: A road begins within so much of a lane's middle, and has a pavement if there is one within so much.
_EDGE_M, _NEAR_M = 6.0, 8.0
#: Barriers go in straight pieces of so many along curves.
_PIECES = 3


def beside_open_roads(seed: Seed, site: Site, delineated: float, railed: float, variant: int) -> None:
    """Posts along a share of the lanes without a pavement, and barriers along a stretch of a share of them."""
    rail = RowShape(asset=f"street:guard-rail/{variant}", count=_PIECES, step_m=GUARD_RAIL_M)
    post = MeshShape(asset=f"street:delineator/{variant}")
    step = _PIECES * GUARD_RAIL_M
    for lane in kerb_lanes(site.ground.roads):
        rng = seed.child(lane.name).rng()
        shown, guarded, start, long = (float(u) for u in rng.random(4))
        length = lane_length(lane)
        if guarded < railed:
            first = start * 0.6 * length
            ways = [first + step * k for k in range(2 + int(5 * long)) if first + step * (k + 0.5) < length]
            for spot, (tx, ty), kind in _edges(site.ground, lane, ways, _RAIL_OFF_M):
                site.ask("guard-rail")
                site.fitted["guard-rail"] += site.put("guard-rail", rail, spot, (-tx, -ty), kind, spacing_m=-0.015)
        if shown < delineated:
            ways = [_POSTS_M * (k + 0.5) for k in range(int(length / _POSTS_M))]
            for spot, (tx, ty), kind in _edges(site.ground, lane, ways, _OFF_M):
                site.ask("delineator")
                # It faces who comes: against the lane, which has the edge on one hand.
                hand = 1.0 if site.ground.roads.drives_on == "right" else -1.0
                site.fitted["delineator"] += site.put("delineator", post, spot, (hand * ty, -hand * tx), kind)


def _edges(ground: Ground, lane: Lane, ways: list[float], off_m: float) -> Iterator[tuple[Vec2, Vec2, AreaKind]]:
    """Places beside a lane where there is no pavement: off the road's edge, the direction away from the lane, and what is there."""
    lengths = lengths_m(lane.points_m)
    for way in ways:
        place, heading = along(lane.points_m, way, lengths)
        toward = toward_kerb(ground.roads, heading)
        spans = ground.standing(place, toward, _NEAR_M)
        if spans and spans[0].start_m < _EDGE_M and all(span.kind != "pavement" for span in spans):
            yield moved(place, toward, spans[0].start_m + off_m), toward, spans[0].kind
