"""Diorama: physics scenes with domain randomization, photographed with exact labels.

    import diorama

    plan = diorama.default_plan("tabletop", resolution=(320, 240))
    sample = diorama.generate(plan, seed=0, index=0)
    sample.frames[0].rgb  # (240, 320, 3) uint8
    sample.annotations[0]  # masks, boxes and poses, a row an object

Every name is loaded when it is first used: ``import diorama`` alone loads no engine, and not even NumPy.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from diorama.datasets.detection import collate_detection
    from diorama.datasets.episodes import Episode, record_episodes
    from diorama.datasets.lerobot import write_lerobot
    from diorama.datasets.rendered import DioramaDataset
    from diorama.datasets.written import WrittenDataset
    from diorama.envs.expert import PickPlaceExpert
    from diorama.exporters import EXPORTERS
    from diorama.exporters.base import Dataset, Encoded, Exporter
    from diorama.plan import Plan, default_plan, load_plan, plan_from_json, plan_to_json
    from diorama.randomizers import RANDOMIZERS
    from diorama.randomizers.base import Context, Randomizer
    from diorama.randomizers.distributions import (
        Beta,
        ChiSquare,
        Choice,
        Constant,
        Distribution,
        Empirical,
        Exponential,
        Gamma,
        GaussianCopula,
        Hybrid,
        LogNormal,
        LogUniform,
        Mixture,
        Normal,
        Poisson,
        Schedule,
        SequentialTrees,
        SphereShell,
        Split,
        Truncated,
        TruncatedNormal,
        Uniform,
        UniformInt,
        UniformRotation,
        UnitSphere,
        Var,
        VonMises,
    )
    from diorama.randomizers.fit import fit
    from diorama.randomizers.fit_joint import fit_joint
    from diorama.run import Summary, generate_dataset
    from diorama.scenes import SCENARIOS
    from diorama.scenes.base import Scenario
    from diorama.sim.annotate import annotate
    from diorama.sim.assets.library import AssetLibrary
    from diorama.sim.codec import from_json, to_json
    from diorama.sim.errors import (
        AssetError,
        DioramaError,
        InvalidValue,
        MissingExtra,
        OutputError,
        RejectedScene,
        TooManyRejections,
        UnknownKey,
        UnknownName,
    )
    from diorama.sim.frame import Annotations, Frame, Grasps, Provenance, Sample, Silhouette
    from diorama.sim.physics.bullet import Bullet
    from diorama.sim.render import open_renderer
    from diorama.sim.render.raster import Batch, Raster
    from diorama.sim.render.settings import PathTracing
    from diorama.sim.seeds import Seed
    from diorama.sim.sky import sky_map, sun_light
    from diorama.sim.spec import (
        GRIPPERS,
        Adjustment,
        Attempt,
        BodySpec,
        BoxShape,
        BrownConrady,
        CameraSpec,
        Clouds,
        CylinderShape,
        EnvironmentSpec,
        Fog,
        GraspTest,
        Gripper,
        HdrMap,
        ImageTexture,
        JawGripper,
        KannalaBrandt,
        Lattice,
        MaterialSpec,
        MeshShape,
        Motion,
        PackedTexture,
        PhysicalSky,
        PhysicsSpec,
        PointLight,
        Pose,
        PrismShape,
        ProceduralTexture,
        RectLight,
        SceneSpec,
        SensorSpec,
        SphereShape,
        SpotLight,
        SuctionGripper,
        SunLight,
        Verdict,
        Weathering,
    )
    from diorama.sim.transforms import look_at
    from diorama.studio import Studio, generate

__all__ = [
    "EXPORTERS",
    "GRIPPERS",
    "RANDOMIZERS",
    "SCENARIOS",
    "Adjustment",
    "Annotations",
    "AssetError",
    "AssetLibrary",
    "Attempt",
    "Batch",
    "Beta",
    "BodySpec",
    "BoxShape",
    "BrownConrady",
    "Bullet",
    "CameraSpec",
    "ChiSquare",
    "Choice",
    "Clouds",
    "Constant",
    "Context",
    "CylinderShape",
    "Dataset",
    "DioramaDataset",
    "DioramaError",
    "Distribution",
    "Empirical",
    "Encoded",
    "EnvironmentSpec",
    "Episode",
    "Exponential",
    "Exporter",
    "Fog",
    "Frame",
    "Gamma",
    "GaussianCopula",
    "GraspTest",
    "Grasps",
    "Gripper",
    "HdrMap",
    "Hybrid",
    "ImageTexture",
    "InvalidValue",
    "JawGripper",
    "KannalaBrandt",
    "Lattice",
    "LogNormal",
    "LogUniform",
    "MaterialSpec",
    "MeshShape",
    "MissingExtra",
    "Mixture",
    "Motion",
    "Normal",
    "OutputError",
    "PackedTexture",
    "PathTracing",
    "PhysicalSky",
    "PhysicsSpec",
    "PickPlaceExpert",
    "Plan",
    "PointLight",
    "Poisson",
    "Pose",
    "PrismShape",
    "ProceduralTexture",
    "Provenance",
    "Randomizer",
    "Raster",
    "RectLight",
    "RejectedScene",
    "Sample",
    "Scenario",
    "SceneSpec",
    "Schedule",
    "Seed",
    "SensorSpec",
    "SequentialTrees",
    "Silhouette",
    "SphereShape",
    "SphereShell",
    "Split",
    "SpotLight",
    "Studio",
    "SuctionGripper",
    "Summary",
    "SunLight",
    "TooManyRejections",
    "Truncated",
    "TruncatedNormal",
    "Uniform",
    "UniformInt",
    "UniformRotation",
    "UnitSphere",
    "UnknownKey",
    "UnknownName",
    "Var",
    "Verdict",
    "VonMises",
    "Weathering",
    "WrittenDataset",
    "annotate",
    "collate_detection",
    "default_plan",
    "fit",
    "fit_joint",
    "from_json",
    "generate",
    "generate_dataset",
    "load_plan",
    "look_at",
    "open_renderer",
    "plan_from_json",
    "plan_to_json",
    "record_episodes",
    "sky_map",
    "sun_light",
    "to_json",
    "write_lerobot",
]

_HOMES = {
    "diorama.datasets.detection": "collate_detection",
    "diorama.datasets.episodes": "Episode record_episodes",
    "diorama.datasets.lerobot": "write_lerobot",
    "diorama.datasets.rendered": "DioramaDataset",
    "diorama.datasets.written": "WrittenDataset",
    "diorama.envs.expert": "PickPlaceExpert",
    "diorama.exporters": "EXPORTERS",
    "diorama.exporters.base": "Dataset Encoded Exporter",
    "diorama.plan": "Plan default_plan load_plan plan_from_json plan_to_json",
    "diorama.randomizers": "RANDOMIZERS",
    "diorama.randomizers.base": "Context Randomizer",
    "diorama.randomizers.distributions": "Beta ChiSquare Choice Constant Distribution Empirical Exponential Gamma GaussianCopula Hybrid "
    "LogNormal LogUniform Mixture Normal Poisson Schedule SequentialTrees SphereShell Split Truncated TruncatedNormal Uniform UniformInt "
    "UniformRotation UnitSphere Var VonMises",
    "diorama.randomizers.fit": "fit",
    "diorama.randomizers.fit_joint": "fit_joint",
    "diorama.run": "Summary generate_dataset",
    "diorama.scenes": "SCENARIOS",
    "diorama.scenes.base": "Scenario",
    "diorama.sim.annotate": "annotate",
    "diorama.sim.assets.library": "AssetLibrary",
    "diorama.sim.codec": "from_json to_json",
    "diorama.sim.errors": "AssetError DioramaError InvalidValue MissingExtra OutputError RejectedScene TooManyRejections UnknownKey UnknownName",
    "diorama.sim.frame": "Annotations Frame Grasps Provenance Sample Silhouette",
    "diorama.sim.physics.bullet": "Bullet",
    "diorama.sim.render": "open_renderer",
    "diorama.sim.render.raster": "Batch Raster",
    "diorama.sim.render.settings": "PathTracing",
    "diorama.sim.seeds": "Seed",
    "diorama.sim.sky": "sky_map sun_light",
    "diorama.sim.spec": "GRIPPERS Adjustment Attempt BodySpec BoxShape BrownConrady CameraSpec Clouds CylinderShape EnvironmentSpec Fog "
    "GraspTest Gripper HdrMap ImageTexture JawGripper KannalaBrandt Lattice MaterialSpec MeshShape Motion PackedTexture "
    "PhysicalSky PhysicsSpec PointLight Pose PrismShape ProceduralTexture RectLight SceneSpec SensorSpec SphereShape "
    "SpotLight SuctionGripper SunLight Verdict Weathering",
    "diorama.sim.transforms": "look_at",
    "diorama.studio": "Studio generate",
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names.split():
            globals()[name] = thing = getattr(importlib.import_module(module), name)
            return thing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
