"""Figures that signs show: people, vehicles and arrows, each on a canvas about as large as it is."""

import math

from diorama.sim.assets.recipe import Ink
from diorama.sim.assets.street.furniture.drawing import BLACK, Canvas, Place, arc


def walker(canvas: Canvas, ink: Ink) -> None:
    """Somebody who walks to the left, 2 high."""
    canvas.disc(-0.05, 0.8, 0.17, ink)
    canvas.polygon([(-0.2, 0.58), (0.12, 0.58), (0.2, 0.0), (-0.16, 0.0)], ink)
    canvas.stroke([(-0.12, 0.5), (-0.42, 0.22), (-0.5, -0.05)], 0.12, ink)
    canvas.stroke([(0.08, 0.5), (0.38, 0.25), (0.44, -0.02)], 0.12, ink)
    canvas.stroke([(-0.06, 0.0), (-0.3, -0.42), (-0.46, -0.92)], 0.17, ink)
    canvas.stroke([(0.1, 0.0), (0.26, -0.48), (0.52, -0.88)], 0.17, ink)


def stander(canvas: Canvas, ink: Ink) -> None:
    """Somebody who stands, 2 high."""
    canvas.disc(0.0, 0.8, 0.18, ink)
    canvas.polygon([(-0.24, 0.56), (0.24, 0.56), (0.18, -0.1), (-0.18, -0.1)], ink)
    for side in (-1, 1):
        canvas.stroke([(side * 0.22, 0.5), (side * 0.32, -0.05)], 0.12, ink)
        canvas.stroke([(side * 0.1, -0.05), (side * 0.11, -0.92)], 0.18, ink)


def child(canvas: Canvas, ink: Ink) -> None:
    """A child that runs to the left, 2 high."""
    canvas.disc(-0.18, 0.74, 0.2, ink)
    canvas.polygon([(-0.34, 0.5), (0.0, 0.52), (0.22, -0.1), (-0.2, -0.12)], ink)
    canvas.stroke([(-0.24, 0.42), (-0.62, 0.28), (-0.78, 0.5)], 0.13, ink)
    canvas.stroke([(-0.02, 0.42), (0.4, 0.3), (0.56, 0.06)], 0.13, ink)
    canvas.stroke([(-0.1, -0.1), (-0.5, -0.42), (-0.42, -0.9)], 0.18, ink)
    canvas.stroke([(0.12, -0.1), (0.4, -0.5), (0.84, -0.56)], 0.18, ink)


def digger(canvas: Canvas, ink: Ink) -> None:
    """Somebody who shovels to the left into a heap, 2 high."""
    canvas.disc(0.02, 0.76, 0.17, ink)
    canvas.stroke([(0.12, 0.45), (0.34, -0.05)], 0.3, ink)
    canvas.stroke([(0.06, 0.42), (-0.2, 0.08), (-0.4, -0.02)], 0.12, ink)
    canvas.stroke([(0.3, -0.05), (0.12, -0.45), (0.2, -0.9)], 0.17, ink)
    canvas.stroke([(0.34, -0.05), (0.56, -0.45), (0.62, -0.9)], 0.17, ink)
    canvas.stroke([(0.22, 0.3), (-0.58, -0.42)], 0.08, ink)
    canvas.polygon([(-0.5, -0.3), (-0.72, -0.62), (-0.46, -0.5)], ink)
    canvas.polygon([(-1.1, -0.96), (-0.72, -0.5), (-0.2, -0.96)], ink)


def bicycle(canvas: Canvas, ink: Ink) -> None:
    """A bicycle that goes to the left, 2 long."""
    for x in (-0.6, 0.6):
        canvas.ring(x, -0.2, 0.36, 0.1, ink)
    pedals, seat, fork = (0.08, -0.2), (0.22, 0.3), (-0.42, 0.28)
    canvas.stroke([(0.6, -0.2), pedals, fork, seat, pedals], 0.09, ink)
    canvas.stroke([seat, (0.6, -0.2)], 0.09, ink)
    canvas.stroke([(-0.6, -0.2), (-0.38, 0.48), (-0.62, 0.56)], 0.09, ink)
    canvas.stroke([(0.08, 0.4), (0.4, 0.4)], 0.12, ink)


def car(canvas: Canvas, ink: Ink, lamps: Ink | None = None) -> None:
    """A car from behind, 2 wide."""
    canvas.polygon([(-0.66, 0.62), (0.66, 0.62), (0.86, 0.05), (-0.86, 0.05)], ink)
    canvas.polygon([(-1.0, 0.08), (1.0, 0.08), (1.0, -0.5), (-1.0, -0.5)], ink)
    for side in (-1, 1):
        canvas.bar(side * 0.7 - 0.18, -0.78, side * 0.7 + 0.18, -0.4, ink)
    if lamps is not None:
        canvas.polygon([(-0.52, 0.5), (0.52, 0.5), (0.66, 0.12), (-0.66, 0.12)], lamps)
        for side in (-1, 1):
            canvas.disc(side * 0.72, -0.16, 0.13, lamps)


def lorry(canvas: Canvas, ink: Ink) -> None:
    """A lorry that goes to the left, 2 long."""
    canvas.bar(-0.45, -0.3, 1.0, 0.6, ink)
    canvas.polygon([(-1.0, -0.3), (-1.0, 0.02), (-0.84, 0.36), (-0.52, 0.36), (-0.52, -0.3)], ink)
    for x in (-0.68, 0.3, 0.68):
        canvas.disc(x, -0.36, 0.2, ink)


def bus(canvas: Canvas, ink: Ink, windows: Ink) -> None:
    """A bus that goes to the left, 2 long."""
    canvas.bar(-1.0, -0.36, 1.0, 0.52, ink)
    for x in (-0.94, -0.5, -0.06, 0.38):
        canvas.bar(x, 0.02, x + 0.36, 0.38, windows)
    canvas.bar(0.78, -0.28, 0.94, 0.38, windows)
    for x in (-0.58, 0.58):
        canvas.disc(x, -0.38, 0.24, windows)
        canvas.disc(x, -0.38, 0.18, ink)


def shelter(canvas: Canvas, ink: Ink, behind: Ink) -> None:
    """A parent and a child who play on a street before a house, and a car: a zone for people. 3.4 wide and 2 high."""
    walker(canvas.at(-0.55, 0.0, 0.72), ink)
    child(canvas.at(0.25, -0.2, 0.5), ink)
    canvas.polygon([(0.8, 0.25), (1.25, 0.7), (1.7, 0.25), (1.6, 0.25), (1.6, -0.62), (0.9, -0.62), (0.9, 0.25)], ink)
    canvas.bar(1.15, -0.62, 1.38, -0.15, behind)


def crossing(canvas: Canvas, ink: Ink) -> None:
    """Somebody on a zebra crossing, 2 high."""
    walker(canvas.at(0.0, 0.2, 0.74), ink)
    for k in range(5):
        x = -0.82 + 0.4 * k
        canvas.polygon([(x - 0.1, -0.92), (x + 0.12, -0.92), (x + 0.18, -0.62), (x + 0.02, -0.62)], ink)


def lights(canvas: Canvas, frame: Ink = BLACK) -> None:
    """Three lights in their housing, 2 high."""
    canvas.bar(-0.34, -0.98, 0.34, 0.98, frame)
    for y, ink in ((0.62, (214, 24, 32)), (0.0, (246, 190, 20)), (-0.62, (0, 140, 80))):
        canvas.disc(0.0, y, 0.24, ink)


def ring_of_arrows(canvas: Canvas, ink: Ink) -> None:
    """Three arrows counter-clockwise around a circle, 2 wide."""
    for start in (100, 220, 340):
        way = arc(0.0, 0.0, 0.72, start, start + 72, 12)
        end, before = way[-1], way[-3]
        length = math.dist(before, end)
        tip: Place = (end[0] + 0.36 * (end[0] - before[0]) / length, end[1] + 0.36 * (end[1] - before[1]) / length)
        canvas.stroke(way, 0.2, ink)
        canvas.arrow([way[-2], tip], 0.2, ink, head=2.2)


def bend(canvas: Canvas, ink: Ink) -> None:
    """A road that bends to the left, 2 high."""
    canvas.arrow([(0.28, -0.85), (0.28, -0.3), (0.24, -0.08), (0.12, 0.12), (-0.5, 0.74)], 0.26, ink, head=2.0)


def bends(canvas: Canvas, ink: Ink) -> None:
    """A road that bends to the left, and back, 2 high."""
    canvas.arrow([(0.3, -0.9), (0.3, -0.45), (0.2, -0.3), (-0.22, 0.02), (-0.3, 0.2), (-0.3, 0.9)], 0.22, ink, head=2.0)


def turn(canvas: Canvas, ink: Ink, width: float = 0.26) -> None:
    """An arrow from below to the left, 2 high."""
    way = [(0.32, -0.85), (0.32, -0.1), *arc(0.02, -0.1, 0.3, 0, 90, 8), (-0.78, 0.2)]
    canvas.arrow(way, width, ink, head=2.0)


def u_turn(canvas: Canvas, ink: Ink) -> None:
    """An arrow from below back down on the left, 2 high."""
    canvas.arrow([(0.38, -0.8), (0.38, 0.3), *arc(0.0, 0.3, 0.38, 0, 180, 16), (-0.38, -0.75)], 0.22, ink, head=2.0)


def skid(canvas: Canvas, ink: Ink) -> None:
    """A car that slides, with its tracks, 2 high."""
    car(canvas.at(0.0, 0.45, 0.55, turn_deg=14), ink)
    for side in (-0.36, 0.3):
        canvas.stroke([(side + 0.05, -0.15), (side - 0.2, -0.4), (side + 0.1, -0.65), (side - 0.12, -0.95)], 0.12, ink)
