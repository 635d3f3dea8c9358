"""A grasp network, trained on pictures that are rendered while it learns, and tried in physics on objects that it never saw.

Every picture is turned into a map of heights and colours as seen from straight above. A small fully convolutional network looks at the map turned by
sixteen angles, and says for each place how likely a gripper holds that closes there, from left to right. What it learns from is physics: grasps are
tried in the scenes that the pictures were taken of, at first by chance and by a rule of thumb, later where the network itself expects success.

Run: python examples/20_train_grasp.py            (about ten minutes on two cores; then 300 trials of each of three ways to choose a grasp)
"""

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
import tyro
from numpy.typing import NDArray
from torch import nn

import diorama

GRIPPER = diorama.GRIPPERS["franka-hand"]
assert isinstance(GRIPPER, diorama.JawGripper)

#: The map: so many cells a side, each so wide; a gripper's surroundings, so many cells a side; and angles over half a turn.
CELLS, CELL_M, PATCH, ANGLES = 96, 0.004, 31, 16
#: Tips go so far below the top of what they grasp, if the table lets them, and stay so far above the table.
DEEP_M, LOWEST_M = 0.025, 0.004
#: What is not this high is table.
FLAT_M = 0.008

Policy = Literal["random", "heuristic", "network"]
#: Angle (of ANGLES), row and column in the map.
Grasp = tuple[int, int, int]


# --- scenes ---------------------------------------------------------------------------------------------------


@cache
def plan(unseen: bool) -> diorama.Plan:
    """Up to five objects on a table, seen from above: every fifth asset is kept for the trials."""
    wanted = tuple(name for number, name in enumerate(diorama.AssetLibrary().ids()) if (number % 5 == 0) == unseen)
    light_clutter = {
        "objects": {"assets": wanted, "count": diorama.UniformInt(1, 5), "largest_m": 0.16},
        "drop": {"spread": diorama.Uniform(0.3, 0.45)},
        "camera-shell": {
            "elevation_deg": diorama.Uniform(72, 88),
            "radius_m": diorama.Uniform(0.65, 0.8),
            "fov_deg": diorama.Uniform(30, 36),
            "aim": diorama.Uniform(-0.1, 0.1),
        },
    }
    table = diorama.default_plan("tabletop", resolution=(192, 192), views=1)
    return replace(table, randomizers=tuple(replace(r, **light_clutter.get(r.name, {})) for r in table.randomizers))


@dataclass(frozen=True)
class HeightMap:
    """What is seen, from straight above: `cells` (CELLS, CELLS, 4) float32, metres above the table and the colour.

    `middle_m` is where in the world its middle lies, on the table, and `right` and `down` are where its columns and rows go.
    """

    cells: NDArray[np.float32]
    middle_m: NDArray[np.float64]
    right: NDArray[np.float64]
    down: NDArray[np.float64]

    @classmethod
    def of(cls, frame: diorama.Frame) -> "HeightMap":
        """Every pixel is a point; each cell keeps its highest, and cells that nobody sees are as low as what lies around them."""
        assert frame.depth_m is not None and frame.rgb is not None
        k, pose = np.array(frame.camera.k), frame.camera.world_from_camera.matrix
        seen = np.isfinite(frame.depth_m)
        row, column = np.nonzero(seen)
        depth = frame.depth_m[seen]
        rays = np.stack([(column + 0.5 - k[0, 2]) / k[0, 0], (row + 0.5 - k[1, 2]) / k[1, 1], np.ones(len(row))], axis=1)
        points = (rays * depth[:, None]) @ pose[:3, :3].T + pose[:3, 3]

        table_m = np.percentile(points[:, 2], 30)
        axis = pose[:3, 2]
        middle = pose[:3, 3] + axis * (table_m - pose[2, 3]) / axis[2]
        right = np.array([pose[0, 0], pose[1, 0], 0.0]) / math.hypot(pose[0, 0], pose[1, 0])
        down = np.array([right[1], -right[0], 0.0])
        place = np.floor(np.stack([(points - middle) @ down, (points - middle) @ right]) / CELL_M + CELLS / 2).astype(int)

        order = np.argsort(points[:, 2], kind="stable")
        order = order[((place[:, order] >= 0) & (place[:, order] < CELLS)).all(axis=0)]
        cells = np.full((CELLS, CELLS, 4), np.nan, np.float32)
        cells[place[0, order], place[1, order], 0] = points[order, 2] - table_m
        cells[place[0, order], place[1, order], 1:] = frame.rgb[seen][order] / 255.0
        return cls(_filled(cells), middle, right, down)

    def attempt(self, grasp: Grasp) -> diorama.Attempt:
        """The gripper comes from straight above, and closes along the angle."""
        angle, row, column = grasp
        turn = angle * math.pi / ANGLES
        closing = math.cos(turn) * self.right + math.sin(turn) * self.down
        pose = np.eye(4)
        pose[:3, :3] = np.stack([closing, np.cross((0, 0, -1), closing), (0, 0, -1)], axis=1)
        pose[:3, 3] = self.middle_m + ((column + 0.5 - CELLS / 2) * self.right + (row + 0.5 - CELLS / 2) * self.down) * CELL_M
        pose[2, 3] += tip_height(self.cells[row, column, 0]) + GRIPPER.tip_m
        return diorama.Attempt(gripper=GRIPPER, world_from_gripper=diorama.Pose.from_matrix(pose), approach_m=0.12)

    def patch(self, grasp: Grasp) -> NDArray[np.float32]:
        """(PATCH, PATCH, 4): what lies around a grasp, turned so that the jaws close along its rows."""
        angle, row, column = grasp
        turn = cv2.getRotationMatrix2D((float(column), float(row)), math.degrees(angle * math.pi / ANGLES), 1.0)
        turn[:, 2] += PATCH // 2 - np.array([column, row])
        return cv2.warpAffine(self.cells, turn, (PATCH, PATCH), borderMode=cv2.BORDER_REPLICATE)

    def turned(self, margin: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float64]]]:
        """The map with a margin, turned by each angle; and the (2, 3) affine way back to the map's columns and rows."""
        wide = cv2.copyMakeBorder(self.cells, *[margin] * 4, cv2.BORDER_REPLICATE)
        side = len(wide)
        for angle in range(ANGLES):
            turn = cv2.getRotationMatrix2D((side / 2 - 0.5,) * 2, math.degrees(angle * math.pi / ANGLES), 1.0)
            back = cv2.invertAffineTransform(turn)
            back[:, 2] -= margin
            yield cv2.warpAffine(wide, turn, (side, side), borderMode=cv2.BORDER_REPLICATE), back


def tip_height(top_m: Any) -> Any:
    """How far above the table the tips are that grasp something so high."""
    return np.maximum(top_m - DEEP_M, LOWEST_M)


def _filled(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    hole = np.isnan(cells[..., 0])
    while hole.any() and not hole.all():
        lowest = cv2.erode(np.where(hole, np.float32(9), cells[..., 0]), np.ones((3, 3), np.uint8), borderValue=9)
        known = cv2.blur((~hole).astype(np.float32), (3, 3))
        colors = cv2.blur(np.where(hole[..., None], np.float32(0), cells[..., 1:]), (3, 3)) / np.maximum(known, 1e-6)[..., None]
        rim = hole & (lowest < 9)
        cells[rim] = np.dstack([lowest, colors])[rim]
        hole &= ~rim
    return np.nan_to_num(cells)


# --- three ways to choose grasps --------------------------------------------------------------------------------


def random_grasps(scene: HeightMap, count: int, rng: np.random.Generator) -> list[Grasp]:
    """Any angle, anywhere on what is no table."""
    places = np.argwhere(scene.cells[..., 0] > FLAT_M)
    return [(int(rng.integers(ANGLES)), *map(int, rng.choice(places))) for _ in range(count)] if len(places) else []


def heuristic_grasps(scene: HeightMap, count: int, rng: np.random.Generator) -> list[Grasp]:
    """By heights alone: where both fingers have room beside something narrow enough that stands in the middle between them with parallel walls."""
    reach, finger = round((GRIPPER.opening_m + GRIPPER.finger_thickness_m) / 2 / CELL_M), round(GRIPPER.finger_thickness_m / CELL_M)
    half = max(1, round(GRIPPER.finger_width_m / 2 / CELL_M))
    scores, places = [], []
    for turned, back in scene.turned(reach):
        height = turned[..., 0]
        tip = tip_height(height)
        under = cv2.dilate(height, np.ones((2 * half + 1, finger), np.uint8))
        has_room = (np.roll(under, reach, 1) < tip - 0.002) & (np.roll(under, -reach, 1) < tip - 0.002) & (height > FLAT_M)
        left, right = (_cells_to(height, (height + tip) / 2, way, reach) for way in (-1, 1))
        uneven = sum(np.abs(np.roll(wall, half, 0) - np.roll(wall, -half, 0)) for wall in (left, right))
        score = 0.5 - 0.5 * np.abs(left - right) / (left + right) - 0.1 * np.minimum(uneven, 6) - 2 * CELL_M * (left + right)
        scores.append(np.where(has_room & ((left + right) * CELL_M < GRIPPER.opening_m - 0.004), score, -np.inf))
        places.append(_places(back, len(height), 1, 0))
    return _best(np.stack(scores) + rng.normal(0, 0.05, (ANGLES, 1, 1)), np.stack(places), count)


def network_grasps(network: nn.Module, scene: HeightMap, count: int) -> list[Grasp]:
    """Where the network is surest."""
    maps, backs = zip(*scene.turned(PATCH // 2 + 1), strict=True)
    with torch.inference_mode():
        scores = network(torch.from_numpy(np.stack(maps)).permute(0, 3, 1, 2)).numpy()
    places = np.stack([_places(back, scores.shape[1], 2, PATCH // 2) for back in backs])
    inside = np.clip(places, 0, CELLS - 1)
    is_table = scene.cells[inside[..., 0], inside[..., 1], 0] <= FLAT_M
    return _best(np.where(is_table, -np.inf, scores), places, count)


def _cells_to(height: NDArray[Any], level: NDArray[Any], way: int, reach: int) -> NDArray[np.float64]:
    """How many cells this way everything stays above a level; much, if it does as far as a gripper reaches."""
    found = np.full(height.shape, 99.0)
    for cells in range(reach, 0, -1):
        found = np.where(np.roll(height, -way * cells, 1) < level, cells, found)
    return found


def _places(back: NDArray[np.float64], count: int, stride: int, first: int) -> NDArray[np.int64]:
    """(count, count, 2): row and column in the map, of every `stride`-th cell of a turned one."""
    x, y = np.meshgrid(*[np.arange(count) * stride + first] * 2)
    column, row = (a * x + b * y + c for a, b, c in back)
    return np.rint(np.stack([row, column], axis=-1)).astype(int)


def _best(scores: NDArray[Any], places: NDArray[np.int64], count: int, apart: int = 4, rim: int = 3) -> list[Grasp]:
    """The best grasps that are some cells apart, and not at the map's rim."""
    scores = np.where(((places >= rim) & (places < CELLS - rim)).all(axis=-1), scores, -np.inf)
    found: list[Grasp] = []
    while len(found) < count and np.isfinite(scores.max()):
        best = np.unravel_index(scores.argmax(), scores.shape)
        row, column = places[best]
        found.append((int(best[0]), int(row), int(column)))
        scores[(np.abs(places - places[best]) < apart).all(axis=-1)] = -np.inf
    return found


# --- trials, in processes of their own ---------------------------------------------------------------------------


@dataclass
class Trials:
    """What was tried: `patches`, whether it `held`, who chose it, and what came of it."""

    patches: list[NDArray[np.float16]]
    held: list[bool]
    told: list[tuple[Policy, str]]

    def __add__(self, other: "Trials") -> "Trials":
        return Trials(self.patches + other.patches, self.held + other.held, self.told + other.told)

    def share(self, policy: Policy) -> tuple[int, int]:
        """How many held, of how many that this policy chose."""
        outcomes = [held for held, (who, _) in zip(self.held, self.told, strict=True) if who == policy]
        return sum(outcomes), len(outcomes)


def tried(scenes: Sequence[int], unseen: bool, counts: dict[Policy, int], weights: dict[str, Any] | None, pictures: Path | None) -> Trials:
    """Stage scenes, choose so many grasps in each by each policy, and try them. Where one finds nothing to grasp, that is a failure."""
    torch.set_num_threads(1)
    network = trained_network(weights) if weights else None
    trials = Trials([], [], [])
    with diorama.Studio(plan(unseen)) as studio:
        for index in scenes:
            sample = diorama.generate(plan(unseen), int(unseen), index, studio=studio)
            scene, rng = HeightMap.of(sample.frames[0]), np.random.default_rng(index)
            chosen: dict[Policy, list[Grasp]] = {
                "random": random_grasps(scene, counts["random"], rng),
                "heuristic": heuristic_grasps(scene, counts["heuristic"], rng),
                "network": network_grasps(network, scene, counts["network"]) if network else [],
            }
            for policy, grasps in chosen.items():
                verdicts = [studio.physics.grasp(sample.spec, scene.attempt(grasp)) for grasp in grasps]
                patches = [scene.patch(grasp).astype(np.float16) for grasp in grasps]
                trials += Trials(patches, [v.success for v in verdicts], [(policy, v.outcome) for v in verdicts])
                if not grasps and counts[policy]:
                    trials += Trials([np.zeros((PATCH, PATCH, 4), np.float16)], [False], [(policy, "nothing found")])
                if policy == "network" and pictures and grasps:
                    cv2.imwrite(str(pictures / f"{index:04d}.png"), drawn(scene, grasps[0], verdicts[0].success))
    return trials


def drawn(scene: HeightMap, grasp: Grasp, held: bool) -> NDArray[np.uint8]:
    """The map with a grasp: green if it held, red if not."""
    scale, (angle, row, column) = 4, grasp
    picture = cv2.resize((scene.cells[..., :0:-1] * 255).astype(np.uint8), None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    turn, middle = angle * math.pi / ANGLES, (np.array([column, row]) + 0.5) * scale
    along = np.array([math.cos(turn), math.sin(turn)]) * GRIPPER.opening_m / 2 / CELL_M * scale
    across = np.array([-along[1], along[0]]) * GRIPPER.finger_width_m / GRIPPER.opening_m
    color = (60, 220, 60) if held else (40, 40, 230)
    lines = [(middle - along, middle + along), *((middle + s * along - across, middle + s * along + across) for s in (-1, 1))]
    for start, end in lines:
        cv2.line(picture, tuple(map(int, start)), tuple(map(int, end)), color, 2, cv2.LINE_AA)
    return picture


# --- the network ---------------------------------------------------------------------------------------------------


class GraspNetwork(nn.Module):
    """(n, 4, h, w) maps to (n, h', w') log odds, one for every second place that a PATCH fits around. It has 222 thousand numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(4, 16, 3), nn.ReLU()),
            *(nn.Conv2d(16, 24, 3, stride=2), nn.ReLU()),
            *(nn.Conv2d(24, 24, 3), nn.ReLU()),
            *(nn.Conv2d(24, 24, 3), nn.ReLU()),
            *(nn.Conv2d(24, 48, 3), nn.ReLU()),
            *(nn.Conv2d(48, 64, 8), nn.ReLU(), nn.Dropout2d(0.2)),
            nn.Conv2d(64, 1, 1),
        )

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.layers(torch.cat([maps[:, :1] * 20, maps[:, 1:] - 0.5], dim=1))[:, 0]


def trained_network(weights: dict[str, Any]) -> GraspNetwork:
    """A network that has learned these."""
    network = GraspNetwork()
    network.load_state_dict(weights)
    return network.eval()


def train(network: nn.Module, trials: Trials, steps: int, batch: int = 128) -> float:
    """Learn whether grasps hold; return the loss at the end. Mirrored patches are as good, and neither light nor a millimetre may matter."""
    patches = torch.from_numpy(np.stack(trials.patches)).permute(0, 3, 1, 2)
    held = torch.tensor(trials.held, dtype=torch.float32)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    losses = []
    network.train()
    for _ in range(steps):
        chosen = torch.randint(len(held), (batch,))
        maps = patches[chosen].float()
        for axis in (2, 3):
            if torch.rand(()) < 0.5:
                maps = maps.flip(axis)
        maps[:, :1] += 0.001 * torch.randn_like(maps[:, :1])
        maps[:, 1:] = maps[:, 1:] * (1 + 0.2 * torch.randn(batch, 3, 1, 1)) + 0.05 * torch.randn(batch, 3, 1, 1)
        loss = nn.functional.binary_cross_entropy_with_logits(network(maps)[:, 0, 0], held[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    network.eval()
    return float(np.mean(losses[-50:]))


def wilson(held: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, 1927)."""
    z, share = 1.96, held / of
    middle, spread = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - spread) / (1 + z * z / of), (middle + spread) / (1 + z * z / of)


def main(out: Path = Path("out/grasp"), rounds: int = 4, scenes: int = 150, steps: int = 300, trials: int = 300, tiny: bool = False) -> None:
    """Learn in `rounds` of `scenes`, then try each policy once in `trials` scenes of objects that were not learned from."""
    if tiny:
        rounds, scenes, steps, trials = 2, 4, 10, 4
    torch.manual_seed(0)
    pictures = out / "trials"
    pictures.mkdir(parents=True, exist_ok=True)
    network, known, start = GraspNetwork(), Trials([], [], []), time.monotonic()
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:

        def in_parallel(first: int, count: int, unseen: bool, counts: dict[Policy, int]) -> Trials:
            weights = dict(network.state_dict()) if counts["network"] else None
            parts = [range(first + k, first + count, 8) for k in range(8)]
            jobs = [pool.submit(tried, part, unseen, counts, weights, pictures if unseen else None) for part in parts if len(part)]
            return sum((job.result() for job in jobs), Trials([], [], []))

        for number in range(rounds):
            counts: dict[Policy, int] = {"random": 4, "heuristic": 6, "network": 0} if number == 0 else {"random": 2, "heuristic": 2, "network": 6}
            known += in_parallel(number * scenes, scenes, False, counts)
            loss = train(network, known, steps * (2 if number == rounds - 1 else 1))
            print(f"round {number + 1} of {rounds}: {len(known.held)} grasps tried, loss {loss:.3f}, {time.monotonic() - start:.0f} s", flush=True)
        torch.save(network.state_dict(), out / "network.pt")

        found = in_parallel(0, trials, True, {"random": 1, "heuristic": 1, "network": 1})
    for policy in ("random", "heuristic", "network"):
        held, of = found.share(policy)
        low, high = wilson(held, of)
        failures = Counter(outcome for who, outcome in found.told if who == policy and outcome != "held").most_common()
        why = ", ".join(f"{count} {outcome}" for outcome, count in failures)
        print(f"{policy:9} held {held} of {of}: {held / of:.0%} (95 % interval {low:.0%} to {high:.0%}); {why or 'no failures'}")
    sheet = [cv2.imread(str(path)) for path in sorted(pictures.glob("*.png"))[:24]]
    rows = [np.hstack(sheet[k : k + 6]) for k in range(0, len(sheet) - len(sheet) % 6, 6)]
    if rows:
        cv2.imwrite(str(out / "grasps.png"), np.vstack(rows))
        print(f"grasps that the network chose: {out / 'grasps.png'}")


if __name__ == "__main__":  # the workers are processes, which import this file
    tyro.cli(main)
