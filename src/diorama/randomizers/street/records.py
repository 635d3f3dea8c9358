"""Bodies that stand still, as what is drawn is recorded: without the many fields that they leave as they are."""

from collections.abc import Iterable
from typing import Any

from diorama.sim.codec import from_json, to_json
from diorama.sim.spec import BodySpec, Pose, Shape


def recorded(bodies: Iterable[BodySpec]) -> list[dict[str, Any]]:
    """JSON values of bodies, which have no more than a shape, a pose, a category or stuff, attributes and tags."""
    return [
        {
            "name": body.name,
            "shape": to_json(body.shape),
            "position_m": list(body.world_from_body.position_m),
            "rotation_wxyz": list(body.world_from_body.rotation_wxyz),
            "category": body.category,
            "stuff": body.stuff,
            "attributes": [list(pair) for pair in body.attributes],
            "tags": list(body.tags),
        }
        for body in bodies
    ]


def bodies_of(record: Iterable[dict[str, Any]]) -> tuple[BodySpec, ...]:
    """The bodies of `recorded`."""
    return tuple(
        BodySpec(
            name=one["name"],
            shape=from_json(Shape, one["shape"]),  # pyright: ignore[reportArgumentType] - a union is no class, and read as well
            world_from_body=Pose(tuple(one["position_m"]), tuple(one["rotation_wxyz"])),
            category=one["category"],
            stuff=one["stuff"],
            attributes=tuple((name, value) for name, value in one["attributes"]),
            tags=tuple(one["tags"]),
        )
        for one in record
    )
