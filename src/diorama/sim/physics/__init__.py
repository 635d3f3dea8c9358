"""From a spec whose bodies hang in the air to one whose bodies lie where they came to rest, or to one that says how they moved; and from a grasp to
what comes of it.
"""

from typing import Protocol, Self

from diorama.sim.spec import Attempt, SceneSpec, Verdict


class Physics(Protocol):
    """A physics engine, used in a ``with`` block. Several may be open in one process, independent of each other."""

    def settle(self, spec: SceneSpec) -> SceneSpec:
        """Let the scene's bodies fall until all rest; return the spec with their poses there.

        A pure function of the spec: nothing that was simulated before changes the result. Raises RejectedScene
        with the reason ``fell-off``, ``leaked-through``, ``exploded`` or ``never-rested``.
        """
        ...

    def play(self, spec: SceneSpec) -> SceneSpec:
        """Let physics move the scene for `spec.physics.watch_s`; return the spec with tracks of what it moved, and with what happened as events."""
        ...

    def grasp(self, spec: SceneSpec, attempt: Attempt) -> Verdict:
        """Try a grasp in a scene that has settled. A pure function of both."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
