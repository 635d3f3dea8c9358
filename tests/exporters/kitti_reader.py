"""A reader of KITTI's files, written from the formats' descriptions alone: it shares no code with what writes them."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass
class Thing:
    """A line of a label file."""

    type: str
    truncated: float
    occluded: int
    alpha: float
    bbox: np.ndarray
    hwl: np.ndarray
    location: np.ndarray
    rotation_y: float
    frame: int = -1
    track: int = -1

    def corners(self) -> np.ndarray:
        """(8, 3) in rectified camera coordinates: the y axis goes down, and the location is in the middle of the bottom face."""
        h, w, length = self.hwl
        x = np.array([1, 1, -1, -1, 1, 1, -1, -1]) * length / 2
        y = np.array([0, 0, 0, 0, -1, -1, -1, -1]) * h
        z = np.array([1, -1, -1, 1, 1, -1, -1, 1]) * w / 2
        c, s = np.cos(self.rotation_y), np.sin(self.rotation_y)
        turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        return (turn @ np.stack([x, y, z])).T + self.location


def labels(data: bytes, *, tracking: bool = False) -> list[Thing]:
    """The lines of an object or a tracking label file."""
    out = []
    for line in data.decode().splitlines():
        words = line.split()
        frame, track = (int(words.pop(0)), int(words.pop(0))) if tracking else (-1, -1)
        assert len(words) == 15
        kind, numbers = words[0], [float(word) for word in words[1:]]
        if tracking:
            assert words[1] in ("0", "1", "2")
        out.append(
            Thing(
                type=kind,
                truncated=numbers[0],
                occluded=int(words[2]),
                alpha=numbers[2],
                bbox=np.array(numbers[3:7]),
                hwl=np.array(numbers[7:10]),
                location=np.array(numbers[10:13]),
                rotation_y=numbers[13],
                frame=frame,
                track=track,
            )
        )
    return out


def calibration(data: bytes) -> dict[str, np.ndarray]:
    """By name: P0 to P3 and the others, as matrices of three rows."""
    out = {}
    for line in data.decode().splitlines():
        name, *numbers = line.split()
        out[name.rstrip(":")] = np.array([float(n) for n in numbers]).reshape(3, -1)
    return out


def picture(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def disparity(data: bytes) -> np.ndarray:
    """Pixels, or metres of depth; NaN where unknown."""
    values = picture(data)
    assert values.dtype == np.uint16 and values.ndim == 2
    return np.where(values == 0, np.nan, values / 256.0)


def flow(data: bytes) -> np.ndarray:
    """(H, W, 2) pixels; NaN where unknown."""
    values = picture(data)
    assert values.dtype == np.uint16 and values.shape[2] == 3
    valid, v, u = (values[..., i].astype(float) for i in range(3))  # OpenCV reads blue, green, red
    assert set(np.unique(valid)) <= {0, 1}
    return np.where(valid[..., None] == 1, np.stack([(u - 2**15) / 64, (v - 2**15) / 64], axis=-1), np.nan)


def points(data: bytes) -> np.ndarray:
    """(n, 4): x, y, z, reflectance."""
    return np.frombuffer(data, "<f4").reshape(-1, 4)


def project(p: np.ndarray, points_rect: np.ndarray) -> np.ndarray:
    """Pixels, the middle of the first being (0, 0)."""
    homogeneous = np.concatenate([points_rect, np.ones((len(points_rect), 1))], axis=1) @ p.T
    return homogeneous[:, :2] / homogeneous[:, 2:]
