"""What is printed on vehicles that work: boxes and tarpaulins of lorries, posters and destination boards of buses."""

from functools import lru_cache

import cv2
import numpy as np

from diorama.sim.assets.household import print as press
from diorama.sim.assets.mesh import Image
from diorama.sim.assets.recipe import BLACK, BRIGHT, WHITE, Ink, between, pick
from diorama.sim.seeds import Seed

_AA = cv2.LINE_AA
_TRADES = ("TRANSPORT", "LOGISTICS", "FRESH FOOD", "FURNITURE", "EXPRESS", "BAKERY", "REMOVALS", "FLOWERS", "PARTS", "DRINKS")
_PLACES = ("CENTRE", "STATION", "AIRPORT", "PARK", "HARBOUR", "MARKET", "HOSPITAL", "UNIVERSITY", "CASTLE", "NORTH", "OLD TOWN")
_GROUNDS: tuple[Ink, ...] = (WHITE, WHITE, WHITE, (206, 208, 210), *BRIGHT[:1], *BRIGHT[3:8])


def _rng(what: str, variant: int) -> np.random.Generator:
    return Seed(0).child("street", "vehicle", "print", what, variant).rng()


def box_ink(variant: int) -> Ink:
    """The ground of a lorry's box or tarpaulin."""
    return pick(_rng("ground", variant), _GROUNDS)


@lru_cache(maxsize=64)
def box_side(variant: int, *, tarpaulin: bool) -> Image:
    """(128, 256, 3): a firm's name and a shape on a box, or on a tarpaulin that hangs in folds and is strapped down."""
    rng = _rng("side", variant)
    ground = box_ink(variant)
    picture = press.sheet(256, 128, ground)
    accent = pick(rng, BRIGHT)
    if rng.random() < 0.6:
        press.motif(picture, rng, accent if accent != ground else BLACK)
    ink = press.on(ground) if rng.random() < 0.5 else (accent if ground == WHITE else WHITE)
    press.text(picture, press.brand(rng), (0.5, between(rng, 0.3, 0.45)), (0.7, 0.34), ink)
    press.text(picture, pick(rng, _TRADES), (0.5, 0.72), (0.5, 0.14), press.on(ground))
    if tarpaulin:
        folds = np.array([1 - 0.05 * (k % 16 in (0, 1, 2)) + 0.03 * (k % 16 in (7, 8)) for k in range(256)])
        picture = np.clip(picture * folds[None, :, None], 0, 255).astype(np.uint8)
        picture[118:] = (60, 60, 62)
        for x in range(8, 256, 16):
            cv2.line(picture, (x, 104), (x, 122), (30, 30, 32), 2, _AA)
    else:
        for x in (0, 64, 128, 192):
            picture[:, x : x + 1] = (picture[:, x : x + 1] * 0.85).astype(np.uint8)
        picture[122:] = (150, 152, 154)
    return picture


@lru_cache(maxsize=64)
def box_rear(variant: int) -> Image:
    """(128, 128, 3): two doors with their bars."""
    picture = press.sheet(128, 128, box_ink(variant))
    cv2.rectangle(picture, (1, 1), (126, 126), (120, 122, 124), 3)
    cv2.line(picture, (64, 0), (64, 128), (40, 40, 42), 2, _AA)
    for x in (20, 52, 76, 108):
        cv2.line(picture, (x, 2), (x, 126), (176, 178, 180), 3, _AA)
        cv2.line(picture, (x + 2, 2), (x + 2, 126), (90, 92, 94), 1, _AA)
    for x in (44, 84):
        cv2.rectangle(picture, (x - 8, 84), (x + 8, 88), (70, 70, 72), -1)
    for k in range(8):
        cv2.rectangle(picture, (4 + 15 * k, 120), (11 + 15 * k, 126), (190, 30, 30) if k % 2 else (230, 230, 226), -1)
    return picture


@lru_cache(maxsize=64)
def poster(variant: int) -> Image:
    """(64, 256, 3): an advertisement."""
    rng = _rng("poster", variant)
    ground, shape, accent = press.inks(rng)
    picture = press.sheet(256, 64, ground)
    press.motif(picture, rng, shape)
    press.heap(picture, rng, accent, count=8, center=(0.84, 0.5), spread=0.1)
    press.text(picture, press.brand(rng), (0.38, 0.4), (0.6, 0.6), press.on(ground))
    press.text(picture, pick(rng, _TRADES), (0.38, 0.84), (0.4, 0.2), press.on(ground))
    return picture


@lru_cache(maxsize=64)
def board(variant: int, side: str) -> Image:
    """(32, 128, 3): half of a destination board, from its middle outwards: the vehicle's `side`, ``left`` or ``right``."""
    rng = _rng("board", variant)
    picture = np.full((32, 256, 3), 10, np.uint8)
    press.text(picture, f"{int(rng.integers(1, 200))} {pick(rng, _PLACES)}", (0.5, 0.5), (0.8, 0.72), (255, 176, 40))
    return np.ascontiguousarray(picture[:, 128:] if side == "left" else picture[:, 127::-1])
