"""What varies between scenes and between views: lights, materials, objects, poses, camera, background, sensor."""

from diorama.sim.registry import Registry

RANDOMIZERS = Registry(
    "randomizer",
    "diorama.randomizers",
    {
        "objects": "diorama.randomizers.objects:Objects",
        "drop": "diorama.randomizers.drop:Drop",
        "materials": "diorama.randomizers.materials:Materials",
        "lights": "diorama.randomizers.lights:Lights",
        "background": "diorama.randomizers.background:Background",
        "camera-shell": "diorama.randomizers.camera:CameraShell",
        "sensor": "diorama.randomizers.sensor:Sensor",
    },
)
