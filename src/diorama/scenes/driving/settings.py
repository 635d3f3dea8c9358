"""What kinds of places there are: how wide their roads are, what lies beside them, how they are marked."""

from dataclasses import dataclass

from diorama.randomizers.distributions import Choice, Constant, Distribution, Uniform


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Numbers of one kind of place; what they mean is told at `Street`, whose settings of the same names take their places."""

    lanes: Distribution
    lane_m: Distribution
    speed_km_h: Distribution
    pavement_m: Distribution
    verge_m: Distribution
    verges: float
    cycle_lanes: float
    parking_lanes: float
    kerb_m: Distribution
    plot_m: Distribution
    lot_m: Distribution
    signals: float
    crossings: float
    center: Distribution
    edge_lines: float
    no_stopping: float


SETTINGS: dict[str, Setting] = {
    "town-centre": Setting(
        lanes=Choice({1: 0.65, 2: 0.35}),
        lane_m=Uniform(3.0, 3.5),
        speed_km_h=Choice([30, 40, 50]),
        pavement_m=Uniform(2.5, 4.5),
        verge_m=Uniform(1.0, 1.5),
        verges=0.08,
        cycle_lanes=0.3,
        parking_lanes=0.5,
        kerb_m=Uniform(0.08, 0.15),
        plot_m=Uniform(18, 26),
        lot_m=Uniform(10, 22),
        signals=0.6,
        crossings=0.6,
        center=Choice({"dashed": 0.55, "solid": 0.15, "double": 0.2, "none": 0.1}),
        edge_lines=0.15,
        no_stopping=0.45,
    ),
    "residential": Setting(
        lanes=Constant(1),
        lane_m=Uniform(2.7, 3.2),
        speed_km_h=Choice([30, 40, 50]),
        pavement_m=Uniform(1.6, 2.6),
        verge_m=Uniform(0.8, 1.8),
        verges=0.3,
        cycle_lanes=0.08,
        parking_lanes=0.55,
        kerb_m=Uniform(0.06, 0.14),
        plot_m=Uniform(18, 28),
        lot_m=Uniform(12, 20),
        signals=0.1,
        crossings=0.4,
        center=Choice({"none": 0.5, "dashed": 0.5}),
        edge_lines=0.05,
        no_stopping=0.15,
    ),
    "suburb": Setting(
        lanes=Choice({1: 0.85, 2: 0.15}),
        lane_m=Uniform(2.9, 3.5),
        speed_km_h=Choice([40, 50, 60]),
        pavement_m=Uniform(1.5, 2.4),
        verge_m=Uniform(1.2, 2.8),
        verges=0.7,
        cycle_lanes=0.15,
        parking_lanes=0.25,
        kerb_m=Uniform(0.08, 0.16),
        plot_m=Uniform(24, 34),
        lot_m=Uniform(16, 28),
        signals=0.3,
        crossings=0.35,
        center=Choice({"dashed": 0.6, "double": 0.2, "none": 0.2}),
        edge_lines=0.25,
        no_stopping=0.12,
    ),
    "industrial": Setting(
        lanes=Choice({1: 0.7, 2: 0.3}),
        lane_m=Uniform(3.2, 3.75),
        speed_km_h=Choice([40, 50, 60]),
        pavement_m=Uniform(1.5, 2.2),
        verge_m=Uniform(1.0, 2.5),
        verges=0.5,
        cycle_lanes=0.1,
        parking_lanes=0.3,
        kerb_m=Uniform(0.1, 0.18),
        plot_m=Uniform(26, 36),
        lot_m=Uniform(28, 50),
        signals=0.4,
        crossings=0.2,
        center=Choice({"dashed": 0.6, "solid": 0.15, "double": 0.15, "none": 0.1}),
        edge_lines=0.2,
        no_stopping=0.15,
    ),
    "country": Setting(
        lanes=Constant(1),
        lane_m=Uniform(2.6, 3.6),
        speed_km_h=Choice([60, 70, 80, 100]),
        pavement_m=Constant(0.0),
        verge_m=Uniform(1.2, 3.0),
        verges=1.0,
        cycle_lanes=0.0,
        parking_lanes=0.0,
        kerb_m=Constant(0.0),
        plot_m=Constant(0.0),
        lot_m=Uniform(30, 60),
        signals=0.05,
        crossings=0.0,
        center=Choice({"dashed": 0.6, "solid": 0.2, "double": 0.05, "none": 0.15}),
        edge_lines=0.7,
        no_stopping=0.0,
    ),
}
