"""Putting surroundings around a scene: what they replace, and what is kept."""

from dataclasses import replace
from typing import Any

from diorama.sim.codec import from_json, to_json
from diorama.sim.spec import EnvironmentSpec, SceneSpec, SunLight, Surroundings


def surrounded(surroundings: Surroundings, sun: SunLight | None, *, shown: bool, keep_lights: bool) -> dict[str, Any]:
    """What `surround` takes, as a JSON value."""
    return {"surroundings": to_json(surroundings), "sun": to_json(sun), "shown": shown, "keep_lights": keep_lights}


def surround(spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
    """The scene lit by surroundings, with the sun that belongs to them in place of its lights, or if `keep_lights` beside them.

    If not `shown`, what was seen behind everything still is.
    """
    old = spec.environment
    made = from_json(EnvironmentSpec, {"surroundings": params["surroundings"]})
    top, bottom = (None, None) if params["shown"] else (old.background_top or old.sky, old.background_bottom or old.ground)
    suns = (from_json(SunLight, params["sun"]),) if params["sun"] else ()
    return spec.replace(
        environment=replace(old, surroundings=made.surroundings, background_top=top, background_bottom=bottom),
        lights=(*suns, *(spec.lights if params["keep_lights"] else ())),
    )
