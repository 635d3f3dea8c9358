"""From samples to the files of a format. `exporters.base` says what an exporter is."""

from diorama.sim.registry import Registry

EXPORTERS = Registry("exporter", "diorama.exporters", {"coco": "diorama.exporters.coco:Coco"})
