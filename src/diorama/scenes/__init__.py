"""What is staged: scenarios, by name."""

from diorama.sim.registry import Registry

SCENARIOS = Registry("scenario", "diorama.scenarios", {"tabletop": "diorama.scenes.tabletop:Tabletop"})
