"""What varies between scenes and between views: lights, materials, objects, poses, camera, background, sensor."""

from diorama.sim.registry import Registry

RANDOMIZERS = Registry(
    "randomizer",
    "diorama.randomizers",
    {
        "objects": "diorama.randomizers.objects:Objects",
        "scale": "diorama.randomizers.scale:Scale",
        "physics": "diorama.randomizers.physics:Physics",
        "drop": "diorama.randomizers.drop:Drop",
        "facing": "diorama.randomizers.facing:Facing",
        "grid": "diorama.randomizers.grid:Grid",
        "on-surface": "diorama.randomizers.on_surface:OnSurface",
        "pile": "diorama.randomizers.pile:Pile",
        "relative": "diorama.randomizers.relative:Relative",
        "scatter": "diorama.randomizers.scatter:Scatter",
        "shelve": "diorama.randomizers.shelve:Shelve",
        "stack": "diorama.randomizers.stack:Stack",
        "transport": "diorama.randomizers.transport:Transport",
        "materials": "diorama.randomizers.materials:Materials",
        "material-jitter": "diorama.randomizers.material_jitter:MaterialJitter",
        "material-swap": "diorama.randomizers.material_swap:MaterialSwap",
        "wear": "diorama.randomizers.weathering:Wear",
        "dust": "diorama.randomizers.weathering:Dust",
        "lights": "diorama.randomizers.lights:Lights",
        "background": "diorama.randomizers.background:Background",
        "hdr-map": "diorama.randomizers.hdr:HdrMaps",
        "sky": "diorama.randomizers.sky:Sky",
        "photo-backdrop": "diorama.randomizers.photo_backdrop:PhotoBackdrops",
        "camera-orbit": "diorama.randomizers.camera_path:CameraOrbit",
        "camera-path": "diorama.randomizers.camera_path:CameraPath",
        "camera-rig": "diorama.randomizers.camera_rig:CameraRig",
        "camera-shell": "diorama.randomizers.camera:CameraShell",
        "lens": "diorama.randomizers.lens:Lens",
        "sensor": "diorama.randomizers.sensor:Sensor",
    },
)
