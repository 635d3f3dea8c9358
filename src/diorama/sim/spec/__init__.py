"""A scene as data: everything there is to simulate and to photograph, as one frozen value.

`SceneSpec` is what crosses package borders: scenarios build it, randomizers turn one into another, physics
and renderers read it. All parts are frozen, hashable and comparable, and hold only numbers, strings and
tuples, so that a spec survives JSON exactly (`diorama.sim.codec`).

Units are SI. The world is right-handed with +Z up. Colours are linear RGB (not sRGB-encoded) reflectances
in [0, 1]; lights are in radiometric units per colour channel.
"""

from diorama.sim.spec.bodies import BodySpec
from diorama.sim.spec.boundaries import BoundaryShape
from diorama.sim.spec.buildings import BuildingShape
from diorama.sim.spec.cameras import BrownConrady, CameraSpec, Distortion, KannalaBrandt
from diorama.sim.spec.checks import Rgb
from diorama.sim.spec.cycles import CycleShape
from diorama.sim.spec.environment import Backdrop, CloudGenus, Clouds, EnvironmentSpec, Falling, Fog, HdrMap, Highlight, PhysicalSky, Surroundings
from diorama.sim.spec.grasps import GRIPPERS, Attempt, GraspTest, Gripper, JawGripper, SuctionGripper, Verdict
from diorama.sim.spec.ground import GroundShape, PaintShape, Ribbon
from diorama.sim.spec.lattice import Lattice
from diorama.sim.spec.lidar import LIDARS, LidarSpec
from diorama.sim.spec.lights import Flicker, Light, PointLight, RectLight, SpotLight, SunLight
from diorama.sim.spec.materials import ImageTexture, MaterialSpec, PackedTexture, ProceduralTexture, Texture, TextureKind
from diorama.sim.spec.people import PersonShape
from diorama.sim.spec.plants import HedgeShape, PlantShape
from diorama.sim.spec.pose import Motion, Pose
from diorama.sim.spec.roads import Area, Hill, Lane, Line, RoadMap, Signal, Terrain
from diorama.sim.spec.rows import RowShape
from diorama.sim.spec.scene import PhysicsSpec, SceneSpec
from diorama.sim.spec.scenery import BeltShape
from diorama.sim.spec.sensor import Drops, SensorSpec, ToneCurve
from diorama.sim.spec.shapes import BoxShape, CylinderShape, MeshShape, PrismShape, Shape, SphereShape
from diorama.sim.spec.signs import MastShape, SignPostShape, SignShape, TrafficLightShape
from diorama.sim.spec.tracks import Attributes, Change, Event, Track
from diorama.sim.spec.vehicles import VehicleShape
from diorama.sim.spec.weathering import Adjustment, Weathering
from diorama.sim.transforms import Quat, Vec3

__all__ = [
    "GRIPPERS",
    "LIDARS",
    "Adjustment",
    "Area",
    "Attempt",
    "Attributes",
    "Backdrop",
    "BeltShape",
    "BodySpec",
    "BoundaryShape",
    "BoxShape",
    "BrownConrady",
    "BuildingShape",
    "CameraSpec",
    "Change",
    "CloudGenus",
    "Clouds",
    "CycleShape",
    "CylinderShape",
    "Distortion",
    "Drops",
    "EnvironmentSpec",
    "Event",
    "Falling",
    "Flicker",
    "Fog",
    "GraspTest",
    "Gripper",
    "GroundShape",
    "HdrMap",
    "HedgeShape",
    "Highlight",
    "Hill",
    "ImageTexture",
    "JawGripper",
    "KannalaBrandt",
    "Lane",
    "Lattice",
    "LidarSpec",
    "Light",
    "Line",
    "MastShape",
    "MaterialSpec",
    "MeshShape",
    "Motion",
    "PackedTexture",
    "PaintShape",
    "PersonShape",
    "PhysicalSky",
    "PhysicsSpec",
    "PlantShape",
    "PointLight",
    "Pose",
    "PrismShape",
    "ProceduralTexture",
    "Quat",
    "RectLight",
    "Rgb",
    "Ribbon",
    "RoadMap",
    "RowShape",
    "SceneSpec",
    "SensorSpec",
    "Shape",
    "SignPostShape",
    "SignShape",
    "Signal",
    "SphereShape",
    "SpotLight",
    "SuctionGripper",
    "SunLight",
    "Surroundings",
    "Terrain",
    "Texture",
    "TextureKind",
    "ToneCurve",
    "Track",
    "TrafficLightShape",
    "Vec3",
    "VehicleShape",
    "Verdict",
    "Weathering",
]
