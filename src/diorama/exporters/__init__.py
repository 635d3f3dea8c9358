"""From samples to the files of a format. `exporters.base` says what an exporter is."""

from diorama.sim.registry import Registry

EXPORTERS = Registry(
    "exporter",
    "diorama.exporters",
    {
        "arrays": "diorama.exporters.arrays:Arrays",
        "cityscapes": "diorama.exporters.cityscapes:Cityscapes",
        "coco": "diorama.exporters.coco:Coco",
        "cornell": "diorama.exporters.cornell:Cornell",
        "grasp-maps": "diorama.exporters.grasp_maps:GraspMaps",
        "grasps": "diorama.exporters.grasps:GraspFiles",
        "jacquard": "diorama.exporters.jacquard:Jacquard",
        "kitti": "diorama.exporters.kitti:Kitti",
        "tusimple": "diorama.exporters.tusimple:TuSimple",
    },
)
