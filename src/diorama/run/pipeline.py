"""What running many scenes needs from making one."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from diorama.plan import Plan, plan_to_json
from diorama.plugins import sources
from diorama.randomizers.base import check_files, files_of, label_of
from diorama.randomizers.files import digest
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Sample
from diorama.studio import Studio, categories, generate, versions


class Pipeline:
    """The seam between `run` and the engines. It is sent to worker processes, and a stand-in must be picklable.

    `refused` are the assets that `library` found to be of no use, which workers then need not find out again.
    """

    refused: Mapping[str, str] | None = None

    def describe(self, plan: Plan) -> dict[str, Any]:
        """The plan as a JSON value."""
        return plan_to_json(plan)

    def versions(self, plan: Plan) -> dict[str, str]:
        """Of everything that decides the bytes. Raises MissingExtra when the plan's renderer is not installed."""
        return versions(plan.renderer_name, refines=plan.refiner is not None)

    def library(self, plan: Plan) -> AssetLibrary:
        """The plan's assets, each of the user's read once, as is its refiner. Raises AssetError when none can be used, before anything is made."""
        check_files((plan.scenario, *plan.randomizers))
        library = AssetLibrary(plan.assets)
        self.refused = library.report.reasons
        if plan.refiner is not None:
            from diorama.refine.live import checked_refiner  # here, so that torch is asked for only where there is something to refine

            checked_refiner(Path(plan.refiner))
        return library

    def categories(self, plan: Plan, library: AssetLibrary) -> tuple[tuple[str, str], ...]:
        """What can be labelled, as (category, supercategory), sorted: the library's, and those that the scenario brings itself."""
        return categories(plan, library)

    def fingerprint(self, plan: Plan, library: AssetLibrary) -> dict[str, str]:
        """SHA-256 of all the user's files that decide the bytes: assets by relative name, code by name, others as ``label:path``."""
        files = {f"{label_of(r)}:{path}": digest(path) for r in (plan.scenario, *plan.randomizers) for path in files_of(r)}
        if plan.refiner is not None:
            files[f"refiner:{plan.refiner}"] = digest(plan.refiner)
        return library.fingerprint() | files | sources((plan.scenario, *plan.randomizers, *plan.exporters))

    def warm_up(self, plan: Plan) -> None:
        """Compile what is compiled once on a machine, before several workers do so at once."""
        from diorama.sim.render import raster  # here, so that Warp is loaded only to make pictures

        raster.warm_up()
        with self.studio(plan):  # a renderer finds out what works on this machine
            pass

    def studio(self, plan: Plan) -> AbstractContextManager[Any]:
        """The engines, for as long as a worker lives."""
        return Studio(plan, refused=self.refused)

    def generate(self, plan: Plan, seed: int, scene: int, *, studio: Any, pictures: int) -> Sample:
        """One scene with that many of its pictures."""
        return generate(plan, seed, scene, studio=studio, pictures=pictures)
