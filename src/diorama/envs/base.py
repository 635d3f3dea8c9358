"""What all environments have in common: a plan that is staged anew in every episode, its pictures as observations, and streams of their own.

An episode is a pure function of the plan, the seed and its own number since that seed was given: ``reset(seed=7)`` begins episode 0 of seed 7, each
further ``reset()`` the next one, and ``reset(seed=7, options={"episode": 3})`` goes to episode 3 at once. Without any seed Gymnasium draws one. The
environments of a vector get the seeds s, s + 1, s + 2, ... from Gymnasium; streams are hashed from their names, so that neighbours have nothing in
common, and those of one environment do not depend on how many there are. (Two vectors whose seeds are nearer than they have environments share some.)

One rule for all actions: what is no action (of another shape, NaN, infinite) raises InvalidValue, and nothing has happened; what is one, but
out of range, is taken as the nearest that is in range, costs `OUT_OF_RANGE` of reward, and ``info["out_of_range"]`` says so.
"""

import weakref
from collections import UserDict
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any, Self

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from diorama.plan import Plan, find_plan
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.source import AssetSource
from diorama.sim.errors import InvalidValue, suggestion
from diorama.sim.frame import Frame, check_channels
from diorama.sim.seeds import Seed
from diorama.sim.spec import CameraSpec, SceneSpec
from diorama.studio import Studio, aimed, at_moment, stage

Observation = dict[str, NDArray[Any]]
Action = NDArray[Any]

#: Reward for an action out of range.
OUT_OF_RANGE = -0.1

#: Low, high, dtype and last axis of what pictures show in each channel but depth.
_SPACES: dict[str, tuple[float, float, Any, tuple[int, ...]]] = {
    "rgb": (0, 255, np.uint8, (3,)),
    "radiance": (0, np.inf, np.float32, (3,)),
    "instance": (0, 2**31 - 1, np.int32, ()),
    "normal": (-1, 1, np.float32, (3,)),
    "category": (0, 2**31 - 1, np.int32, ()),
    "albedo": (0, 1, np.float32, (3,)),
    "object_coordinates": (0, 1, np.float32, (3,)),
    "flow_forward": (-np.inf, np.inf, np.float32, (2,)),
    "flow_backward": (-np.inf, np.inf, np.float32, (2,)),
    "shadow": (0, 1, np.float32, ()),
}
#: Libraries that some environment has open, by the sources of their assets: environments of one process read each file once.
_LIBRARIES: weakref.WeakValueDictionary[tuple[AssetSource, ...], AssetLibrary] = weakref.WeakValueDictionary()


class Draws(UserDict[str, Any]):
    """What the plan's randomizers drew for an episode, by label.

    A mapping, and no ``dict``: the vectors of Gymnasium take dictionaries apart into arrays, which fails where two scenes differ in what there is.
    """


class StagedEnv(gymnasium.Env[Observation, Action]):
    """An environment whose episodes begin with a scene of a plan.

    `plan` is one, or the name of a scenario or a plan file. Its randomizers run in every episode; what they drew is in ``info["draws"]`` of `reset`.
    Observations are dictionaries. They have the `channels` of a picture of `resolution` (width, height): ``rgb`` (H, W, 3) uint8, and all others
    as `Frame` has them, but for ``depth``: with `depth_range_m` it is (H, W, 1) uint8, 0 at the near end and nearer, 255 at the far end and
    beyond, which networks for pictures take as it is; with None it is (H, W) float32 in metres, 0 where nothing is. `amodal` and `points`
    cannot be had. Without `channels` nothing is rendered. Without `shadows` lights keep none off each other, and without `occlusion` corners are no
    darker than the rest: both make pictures cheaper, and less alike to real ones. `render` makes pictures of `render_resolution` by the same camera.

    Engines are opened by the first `reset`; `close` gives them back. A pickled environment comes back as it was made, before any `reset`.

    Subclasses set both spaces, and define `_begin`, `_advance` and `_scene`; and `_state` and `_view`, where these should say more.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012 - as Gymnasium declares it

    _made_of: partial[Self]

    def __new__(cls, *args: Any, **settings: Any) -> Self:
        """An environment that knows what it was made of."""
        env = super().__new__(cls)
        env._made_of = partial(cls, *args, **settings)
        return env

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return self._made_of, ()

    def __init__(
        self,
        plan: Plan | str,
        *,
        channels: Collection[str] = ("rgb", "depth"),
        resolution: tuple[int, int] = (128, 128),
        depth_range_m: tuple[float, float] | None = (0.2, 2.0),
        shadows: bool = True,
        occlusion: bool = True,
        render_mode: str | None = None,
        render_resolution: tuple[int, int] = (480, 480),
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise InvalidValue(f'no render_mode named "{render_mode}".{suggestion(str(render_mode), self.metadata["render_modes"])}')
        check_channels(channels)
        for name in sorted({"amodal", "points"} & set(channels)):
            raise InvalidValue(f'the channel "{name}" is no array of pixels and cannot be observed; choose among {", ".join(("depth", *_SPACES))}')
        if depth_range_m is not None and not 0 <= depth_range_m[0] < depth_range_m[1] < np.inf:
            raise InvalidValue(f"depth_range_m must rise, from 0 m on, got {depth_range_m}")
        plan = find_plan(plan) if isinstance(plan, str) else plan
        if plan.refiner is not None:
            raise InvalidValue("an environment shows what is rendered, and refines nothing: take `refiner` out of the plan")
        self.plan = replace(plan, resolution=resolution, views=1, frames=1)
        self.channels = tuple(dict.fromkeys(channels))
        self.render_mode, self.render_resolution = render_mode, render_resolution
        self.episode, self.steps = -1, 0
        self._depth_range_m = depth_range_m
        self._shadows, self._occlusion = shadows, occlusion
        self._root: Seed | None = None
        self._studio: Studio | None = None
        self._camera = CameraSpec()
        self._loaded: SceneSpec | None = None

    # --- what an environment defines ----------------------------------------------------------------------

    def _begin(self, spec: SceneSpec, seed: Seed) -> None:
        """Begin an episode with a scene at rest. RejectedScene has another staged."""
        raise NotImplementedError

    def _advance(self, action: NDArray[np.float64]) -> tuple[float, bool, dict[str, Any]]:
        """Take an action in range; return its reward, whether the episode has come to its end, and what else is to be told."""
        raise NotImplementedError

    def _scene(self) -> SceneSpec:
        """The scene as it is now."""
        raise NotImplementedError

    def _state(self) -> Observation:
        """What is observed besides pictures."""
        return {}

    def _view(self) -> tuple[SceneSpec, CameraSpec]:
        """What is to be seen now, and by which camera."""
        return self._scene(), self._camera

    def _info(self) -> dict[str, Any]:
        """What `reset` tells besides where the episode comes from."""
        return {}

    # --- what they have ----------------------------------------------------------------------------------

    @property
    def studio(self) -> Studio:
        """The engines. Raises RuntimeError before the first `reset`."""
        if self._studio is None:
            raise RuntimeError(f"{type(self).__name__} is not open; call reset() first")
        return self._studio

    def picture_spaces(self) -> dict[str, spaces.Space[Any]]:
        """The space of each channel that is observed."""
        width, height = self.plan.resolution
        found: dict[str, spaces.Space[Any]] = {}
        for name in self.channels:
            if name == "depth" and self._depth_range_m is not None:
                found[name] = spaces.Box(0, 255, (height, width, 1), np.uint8)
            elif name == "depth":
                found[name] = spaces.Box(0.0, CameraSpec().far_m, (height, width), np.float32)
            else:
                low, high, dtype, last = _SPACES[name]
                found[name] = spaces.Box(low, high, (height, width, *last), dtype)
        return found

    def _observations(self, found: dict[str, spaces.Space[Any]]) -> Any:
        """The space of a dictionary, of which Gymnasium's types cannot say what it is of."""
        return spaces.Dict(found)

    # --- Gymnasium's -------------------------------------------------------------------------------------

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Stage the next episode; see the module's text.

        ``info`` has its ``stream`` (seed and number), what was drawn (``draws``), and how many ``attempts`` it took to stage. Raises
        TooManyRejections when none was fit.
        """
        super().reset(seed=seed)
        unknown = sorted(set(options or {}) - {"episode"})
        if unknown:
            raise InvalidValue(f'reset has no option "{unknown[0]}".{suggestion(unknown[0], ("episode",))}')
        if seed is not None or self._root is None:
            self._root, self.episode = Seed(int(self.np_random.integers(2**32)) if seed is None else int(seed)), -1
        self.episode = int((options or {}).get("episode", self.episode + 1))
        self.steps = 0
        self._open()
        stream = self._root.child("episode", self.episode)
        staged = stage(self.plan, stream, self.episode, self.studio, accept=lambda spec: self._begin(spec, stream))
        self._camera = aimed(staged.cast, self._scene())
        info = {"stream": str(stream), "draws": Draws(staged.cast.draws), "attempts": staged.attempts}
        return self._observation(), info | self._info()

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """One step; see the module's text about actions. Raises InvalidValue, and RuntimeError before the first `reset`."""
        if self._studio is None:
            raise RuntimeError(f"{type(self).__name__} is not open; call reset() first")
        values, fits = self._checked(action)
        self.steps += 1
        reward, terminated, info = self._advance(values)
        reward += 0.0 if fits else OUT_OF_RANGE
        return self._observation(), float(reward), terminated, False, info | {"out_of_range": not fits}

    def render(self) -> NDArray[np.uint8] | None:
        """A picture (H, W, 3) of the scene as it is. None, and Gymnasium's warning, without a `render_mode`."""
        if self.render_mode is None:
            gymnasium.logger.warn(f'{type(self).__name__}: render() makes no picture without a render_mode; make it with render_mode="rgb_array"')
            return None
        scene, camera = self._view()
        return self._photographed(scene, camera.resized(*self.render_resolution), ("rgb",)).rgb

    def close(self) -> None:
        """Give the engines back. Closing twice does no harm, and a further `reset` opens them again."""
        if self._studio is not None:
            self._closing()
            self._studio = self._loaded = None

    # ------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self._studio is None:
            library = _LIBRARIES.get(self.plan.assets) or AssetLibrary(self.plan.assets)
            _LIBRARIES[self.plan.assets] = library
            with ExitStack() as stack:
                self._studio = stack.enter_context(Studio(self.plan, library=library))
                self._open_more(stack)
                # Engines go with the environment, even if nobody closes it.
                self._closing = weakref.finalize(self, stack.pop_all().close)

    def _open_more(self, stack: ExitStack) -> None:
        """Open engines of one's own."""

    def _checked(self, action: Action) -> tuple[NDArray[np.float64], bool]:
        """An action in range, and whether it was."""
        space = self.action_space
        assert isinstance(space, spaces.Box)
        try:
            values = np.asarray(action, np.float64)
        except (TypeError, ValueError):
            values = np.full(1, np.nan)
        if values.shape != space.shape or not np.isfinite(values).all():
            raise InvalidValue(f"an action is {space.shape[0]} finite numbers from -1 to 1, got {action!r}")
        return np.clip(values, space.low, space.high).astype(np.float64), bool(np.all((values >= space.low) & (values <= space.high)))

    def _observation(self) -> Observation:
        if not self.channels:
            return self._state()
        scene, camera = self._view()
        frame = self._photographed(scene, at_moment(camera, self.steps), self.channels)
        return {name: self._pixels(frame, name) for name in self.channels} | self._state()

    def _photographed(self, scene: SceneSpec, camera: CameraSpec, channels: Collection[str]) -> Frame:
        if scene is not self._loaded:  # where only the camera moves, it is the same
            self.studio.renderer.load(self._lit(scene))
            self._loaded = scene
        return self.studio.renderer.render(camera, channels)

    def _lit(self, scene: SceneSpec) -> SceneSpec:
        """The scene in as cheap a light as was asked for."""
        if not self._occlusion:
            scene = scene.replace(environment=replace(scene.environment, occlusion_radius_m=0.0))
        return scene if self._shadows else scene.replace(lights=tuple(replace(light, shadows=False) for light in scene.lights))

    def _pixels(self, frame: Frame, name: str) -> NDArray[Any]:
        pixels: NDArray[Any] = getattr(frame, "depth_m" if name == "depth" else name)
        if name == "depth":
            if self._depth_range_m is None:
                return np.where(np.isfinite(pixels), pixels, np.float32(0))
            near, far = (np.float32(v) for v in self._depth_range_m)
            return np.rint(np.clip((pixels - near) / (far - near), 0, 1) * np.float32(255)).astype(np.uint8)[..., None]
        return np.nan_to_num(pixels) if name.startswith("flow") else pixels
