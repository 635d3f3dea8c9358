"""What stands beside streets: signs, traffic lights, lamps, and what else people have put there.

The supercategory of a recipe here is its `stuff`: the class of a scene's semantic labels that it belongs to.
"""

from diorama.sim.assets.recipe import Kind
from diorama.sim.assets.street.furniture import cabins, fences, lamps, small, works

KINDS = {
    "barrier": Kind("fence", works.barrier),
    "beacon": Kind("dynamic", works.beacon),
    "bench": Kind("static", small.bench),
    "bicycle-stand": Kind("static", small.bicycle_stand),
    "billboard": Kind("static", cabins.billboard),
    "bin": Kind("static", small.bin_),
    "bollard": Kind("pole", small.bollard),
    "bus-stop": Kind("building", cabins.bus_stop),
    "cabinet": Kind("static", small.cabinet),
    "clock": Kind("pole", cabins.clock),
    "cone": Kind("dynamic", works.cone),
    "delineator": Kind("pole", small.delineator),
    "fence": Kind("fence", fences.fence),
    "guard-rail": Kind("guard rail", fences.guard_rail),
    "hydrant": Kind("static", small.hydrant),
    "lamp": Kind("pole", lamps.lamp),
    "parking-meter": Kind("static", small.parking_meter),
    "pillar": Kind("static", cabins.pillar),
    "planter": Kind("static", small.planter),
    "post-box": Kind("static", small.post_box),
    "railing": Kind("fence", fences.railing),
    "telephone-box": Kind("static", cabins.telephone_box),
    "wheelie-bin": Kind("dynamic", small.wheelie_bin),
}
