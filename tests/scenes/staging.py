"""What tests of scenarios share: a scene staged as a plan stages it, and the corners of boxes."""

import numpy as np

from diorama.randomizers.base import label_of
from diorama.sim.errors import RejectedScene
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed

CORNERS = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) / 2


def world_corners(body):
    """(8, 3) corners of a body that is a box."""
    m = body.world_from_body.matrix
    return CORNERS * np.array(body.shape.size_m) @ m[:3, :3].T + m[:3, 3]


def staged(scenario, seed, context):
    """The scene before physics, all of its scenario's scene randomizers applied."""
    root = Seed(seed)
    spec = scenario.build(root.child("scenario"), context)
    return _varied(scenario, "scene", root, spec, context)


def settled_objects(scenario, seed, context):
    """The scene after physics, and its objects; or None where it is rejected."""
    try:
        spec = staged(scenario, seed, context)
        with Bullet(context.library) as physics:
            spec = physics.settle(spec)
        spec = _varied(scenario, "settled", Seed(seed), spec, context)
    except RejectedScene:
        return None
    return spec, [b for b in spec.bodies if b.category is not None]


def _varied(scenario, stage, root, spec, context):
    for randomizer in scenario.randomizers():
        if randomizer.stage == stage:
            spec = randomizer.apply(spec, randomizer.sample(root.child("randomizer", label_of(randomizer)), spec, context))
    return spec
