"""What is staged: scenarios, by name."""

from diorama.sim.registry import Registry

SCENARIOS = Registry(
    "scenario",
    "diorama.scenarios",
    {
        "bin-picking": "diorama.scenes.bin_picking:BinPicking",
        "conveyor": "diorama.scenes.conveyor:Conveyor",
        "photo": "diorama.scenes.photo:Photo",
        "shelf": "diorama.scenes.shelf:Shelf",
        "street": "diorama.scenes.driving.street:Street",
        "tabletop": "diorama.scenes.tabletop:Tabletop",
    },
)
