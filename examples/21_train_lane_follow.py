"""A small network learns to keep a lane from what a scripted driver does, on roads that are made while it learns, and drives roads it has not seen.

First the car is put anywhere on a road, off the middle and askew, and the scripted driver says what it would do there. Then the network goes on as
DAgger does (Ross et al., 2011): in each round it drives, pushed off its way now and then, and the scripted driver says what it would have done at
each moment, and takes over before the car leaves its lane. Roads, towns, weather and camera are new in every episode.

Run: python examples/21_train_lane_follow.py        (about a quarter of an hour on two cores, then ten minutes on unseen roads at ten steps a second)
"""

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import gymnasium
import numpy as np
import torch
import tyro
from torch import nn
from torch.nn.functional import mse_loss

#: Pictures are what is below the horizon; throttle counts less than steering, of which there is less.
ROWS, COLUMNS, WEIGHTS = 40, 80, torch.tensor([25.0, 0.25])
#: Seeds of roads to learn on count from 0, those of roads to be tested on from here.
UNSEEN = 1_000_000


@dataclass
class Lessons:
    """What was seen, and what the scripted driver would have done."""

    pictures: list[np.ndarray] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    actions: list[np.ndarray] = field(default_factory=list)

    def add(self, seen: dict[str, np.ndarray], action: np.ndarray) -> None:
        """One more."""
        self.pictures.append(small(seen["rgb"]))
        self.speeds.append(float(seen["speed"][0]))
        self.actions.append(action)

    def extend(self, other: "Lessons") -> None:
        """All of another's."""
        self.pictures += other.pictures
        self.speeds += other.speeds
        self.actions += other.actions


def small(rgb: np.ndarray) -> np.ndarray:
    """A picture as the network sees it: (3, ROWS, COLUMNS) uint8."""
    road = rgb[rgb.shape[0] // 3 :]
    return cv2.resize(road, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).transpose(2, 0, 1)


class Network(nn.Module):
    """Steering and throttle from a picture (n, 3, ROWS, COLUMNS) uint8 and a speed (n,) in m/s."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, 24), (24, 36), (36, 48), (48, 64)):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
        self.eyes = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2))
        self.head = nn.Sequential(nn.Linear(64 * 3 * 5 + 1, 96), nn.ReLU(), nn.Linear(96, 2))

    def forward(self, pictures: torch.Tensor, speeds: torch.Tensor) -> torch.Tensor:
        seen = pictures.float() / 255
        mean, spread = seen.mean((1, 2, 3), keepdim=True), seen.std((1, 2, 3), keepdim=True)
        return self.head(torch.cat([self.eyes((seen - mean) / (spread + 0.05)), speeds[:, None] / 10], 1))

    def action(self, observation: dict[str, np.ndarray]) -> np.ndarray:
        """What to do now."""
        self.eval()
        with torch.inference_mode():
            out = self(torch.from_numpy(small(observation["rgb"]))[None], torch.from_numpy(observation["speed"]))
        return np.clip(out[0].numpy(), -1, 1)


def road_env() -> gymnasium.Env:
    """Where it is learned and tested."""
    return gymnasium.make("diorama.envs:diorama/LaneFollow-v0", resolution=(96, 72))


def lessons_on(roads: Sequence[int], places: int, steps: int, weights: dict[str, Any] | None) -> Lessons:
    """Lessons on some roads, in a process of its own: at so many places of each, or on so many steps that a network drives."""
    torch.set_num_threads(1)
    lessons, env = Lessons(), road_env()
    network = None
    if weights is not None:
        network = Network()
        network.load_state_dict(weights)
    for road in roads:
        rng = np.random.default_rng(road)
        seen, info = env.reset(seed=road)
        if network is None:
            put_about(env, lessons, rng, places)
        else:
            drive(env, network, lessons, rng, steps, seen, info)
    env.close()
    return lessons


def put_about(env: gymnasium.Env, lessons: Lessons, rng: np.random.Generator, places: int) -> None:
    """What the scripted driver would do at places of a road."""
    driver: Any = env.unwrapped
    course = driver.course
    for _ in range(places):
        off = rng.uniform(-0.4, 0.4) * course.width_m
        seen = driver.put(rng.uniform(0, course.length_m), offset_m=off, askew_rad=rng.normal(0, 0.1), speed_m_s=rng.uniform(3, 9.5))
        lessons.add(seen, driver.scripted())


def drive(
    env: gymnasium.Env, network: Network, lessons: Lessons, rng: np.random.Generator, steps: int, seen: dict[str, np.ndarray], info: dict[str, Any]
) -> None:
    """Drive a road, and write down what the scripted driver says."""
    driver: Any = env.unwrapped
    push, left, helped = 0.0, 0, False
    for _ in range(steps):
        right = driver.scripted()
        lessons.add(seen, right)
        # Helped from well off the middle until it is near it again.
        helped = abs(info["offset_m"]) > (0.08 if helped else 0.3) * info["lane_m"]
        action = right if helped else network.action(seen)
        if left == 0:  # a push to one side for up to a second, or none for as long
            push, left = rng.choice([0.0, rng.normal(0, 0.15)]), int(rng.integers(3, 11))
        left -= 1
        seen, _, ended, truncated, info = env.step(np.clip(action + (push, 0), -1, 1).astype(np.float32))
        if ended or truncated:
            return


def learn(network: Network, optimizer: torch.optim.Optimizer, lessons: Lessons, passes: int) -> float:
    """Go over all lessons so often, each time half of them mirrored; the mean loss of the last time."""
    pictures = torch.from_numpy(np.stack(lessons.pictures))
    speeds, actions = torch.tensor(lessons.speeds), torch.from_numpy(np.stack(lessons.actions))
    network.train()
    loss_sum = 0.0
    for _ in range(passes):
        loss_sum = 0.0
        for rows in torch.randperm(len(pictures)).split(64):
            seen, wanted = pictures[rows], actions[rows].clone()
            mirrored = torch.rand(len(rows)) < 0.5
            seen[mirrored] = seen[mirrored].flip(3)
            wanted[mirrored, 0] *= -1
            out = network(seen, speeds[rows])
            loss = mse_loss(out * WEIGHTS.sqrt(), wanted * WEIGHTS.sqrt())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(rows)
    return loss_sum / len(pictures)


@dataclass
class Run:
    """How it went on one road: places, offsets from the middle of the lane, and pictures on the way."""

    road: np.ndarray
    lane_m: float
    kept: bool
    places: np.ndarray
    offsets: np.ndarray
    film: list[np.ndarray]


def tested(env: gymnasium.Env, network: Network, seed: int, steps: int) -> Run:
    """Let the network drive an unseen road for a minute."""
    seen, info = env.reset(seed=seed)
    places, offsets, film, ended = [], [], [seen["rgb"]], False
    for step in range(1, steps + 1):
        seen, _, ended, truncated, info = env.step(network.action(seen))
        places.append(info["place_m"])
        offsets.append(abs(info["offset_m"]))
        if step % max(steps // 5, 1) == 0:
            film.append(seen["rgb"])
        if ended or truncated:
            break
    film += [film[-1] * 0] * (6 - len(film))
    driven: Any = env.unwrapped
    return Run(np.array(driven.course.points_m), info["lane_m"], not ended, np.array(places), np.array(offsets), film[:6])


def drawn(run: Run) -> np.ndarray:
    """The road from above, green where the car was in the middle of its lane, red where it was at its edge; and pictures on the way."""
    height = run.film[0].shape[0]
    track = np.full((height, height, 3), 255, np.uint8)
    middle, scale = (run.road.min(0) + run.road.max(0)) / 2, 0.9 * height / np.ptp(run.road, axis=0).max()

    def at(points: np.ndarray) -> np.ndarray:
        return np.rint((points - middle) * (scale, -scale) + height / 2).astype(np.int32)

    cv2.polylines(track, [at(run.road)], False, (190, 190, 190), 4, cv2.LINE_AA)
    for a, b, off in zip(at(run.places[:-1]), at(run.places[1:]), run.offsets, strict=False):
        share = min(off / (run.lane_m / 2), 1)
        cv2.line(track, a.tolist(), b.tolist(), (int(255 * min(2 * share, 1)), int(200 * min(2 - 2 * share, 1)), 0), 2, cv2.LINE_AA)
    return np.hstack([track, *run.film])


def main(
    out: Path = Path("out/lane_follow"),
    places: int = 40,
    rounds: int = 4,
    roads: int = 32,
    steps: int = 100,
    passes: int = 6,
    tests: int = 10,
    tiny: bool = False,
) -> None:
    """Learn at `places` of four times `roads`, then for `rounds` on as many as it drives, `steps` of a tenth of a second each; then drive `tests`
    unseen ones for a minute. Writes to `out`.
    """
    if tiny:
        places, rounds, roads, steps, passes, tests = 4, 1, 2, 6, 1, 1
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    started, lessons, network = time.monotonic(), Lessons(), Network()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-3)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        first = 0
        for number in range(rounds + 1):
            count, weights = (roads, dict(network.state_dict())) if number > 0 else (roads if tiny else 4 * roads, None)
            parts = [range(first + k, first + count, 8) for k in range(min(8, count))]
            for found in pool.map(lessons_on, parts, [places] * len(parts), [steps] * len(parts), [weights] * len(parts)):
                lessons.extend(found)
            first += count
            for group in optimizer.param_groups:
                group["lr"] = 1e-3 * (1 - number / (rounds + 1))
            loss = learn(network, optimizer, lessons, passes if number < rounds else 2 * passes)
            torch.save(network.state_dict(), out / "network.pt")
            print(f"round {number + 1}: {len(lessons.pictures)} pictures, loss {loss:.3f}, {(time.monotonic() - started) / 60:.1f} min", flush=True)
    env = road_env()
    runs = []
    for number in range(tests):
        run = tested(env, network, UNSEEN + number, 20 if tiny else 600)
        runs.append(run)
        over = (run.offsets > run.lane_m / 2 - 0.9).mean()  # a car is 1.8 m wide
        said = f"kept its lane of {run.lane_m:.1f} m" if run.kept else f"left its lane of {run.lane_m:.1f} m after {len(run.offsets) / 10:.1f} s"
        print(
            f"road {number + 1}: {said}, off its middle by {run.offsets.mean():.2f} m on average, with a wheel on a line {over:.0%} of the time",
            flush=True,
        )
    env.close()
    cv2.imwrite(str(out / "runs.png"), cv2.cvtColor(np.vstack([drawn(run) for run in runs]), cv2.COLOR_RGB2BGR))
    mean = np.concatenate([run.offsets for run in runs]).mean()
    print(f"kept its lane on {sum(run.kept for run in runs)} of {tests} unseen roads, {mean:.2f} m off the middle on average: {out / 'runs.png'}")


if __name__ == "__main__":  # the workers are processes, which import this file
    tyro.cli(main)
