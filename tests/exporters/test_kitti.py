"""KITTI: what another reader finds in the files is what the scene was."""

import math
from dataclasses import replace
from pathlib import Path

import cv2
import kitti_reader as reader
import numpy as np
import pytest
from small_street import car, street

from diorama.exporters.base import Dataset
from diorama.exporters.kitti import Kitti
from diorama.exporters.kitti_geometry import upright_box, wrapped
from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.rig import VehicleRig
from diorama.sim.annotate import annotate
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Provenance, Sample
from diorama.sim.render.raster import Raster
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, BrownConrady, CameraSpec, ImageTexture, MaterialSpec, MeshShape, Pose
from diorama.sim.spec.tracks import Track
from diorama.sim.transforms import quat_from_axis_angle, quat_multiply
from diorama.testing import check_exporter

LIBRARY = AssetLibrary()
DATASET = Dataset(categories=(("car", "vehicle"),), info={})
CHANNELS = ("rgb", "depth", "instance", "amodal", "flow_forward", "points")
SIZE = (621, 188)

EGO = car("ego", -40, -1.75)
OTHERS = (
    car("car-near", -28, -1.75, heading_rad=0.0),
    car("car-turned", -25, 2.2, heading_rad=2.6),
    car("car-hidden", -21, -2.0, heading_rad=0.2),
    car("car-cut", -35.5, 2.3, heading_rad=math.pi),
    car("van-far", 5, 2.0, heading_rad=math.pi, category="van"),
    car("post", 0, 4.5, category="traffic-sign", tags=()),
)


@pytest.fixture(scope="module")
def raster():
    with Raster(LIBRARY) as renderer:
        yield renderer


def taken(raster, spec, *, views=2, times=(0.0,), size=SIZE, rig=None):
    """A sample of the ego's rig at some moments."""
    rig = rig or VehicleRig()
    frames, labels, drawn = [], [], {}
    for number, time_s in enumerate(times):
        now = spec.at(time_s, over_s=0.1)
        raster.load(now)
        for view in range(views):
            name = f"frame-{number}/view-{view}" if len(times) > 1 else f"view-{view}"
            camera = CameraSpec(name=name, width=size[0], height=size[1], time_s=time_s, flow_s=0.1)
            seen = now.replace(cameras=(camera,))
            context = Context(library=LIBRARY, view=view, round=Seed(0).child("round"))
            params = drawn.setdefault(view, None) or rig.sample(Seed(0).child(view), seen, context)
            drawn[view] = params
            frames.append(raster.render(rig.apply(seen, params).cameras[0], CHANNELS))
            labels.append(annotate(now, frames[-1], LIBRARY))
    cameras = tuple(frame.camera for frame in frames)
    return Sample(
        index=0,
        spec=spec.replace(cameras=cameras),
        frames=tuple(frames),
        annotations=tuple(labels),
        provenance=Provenance(seed=0, index=0),
        views=views,
    )


def ego_rig():
    from diorama.randomizers.base import Select

    return VehicleRig(on=Select(names=("ego",)))


@pytest.fixture(scope="module")
def pair(raster):
    """A stereo pair of the street."""
    spec = street(EGO, *OTHERS)
    return taken(raster, spec, rig=ego_rig())


def files(exporter, sample, first=0):
    return exporter.encode(sample, first, DATASET).files


def test_keeps_the_contract():
    check_exporter(Kitti(types={"ball": "Misc", "box": "Truck"}, maps=("depth", "flow")))
    check_exporter(Kitti(layout="tracking", types={"ball": "Misc"}))


# --- boxes ---


def named(sample, data):
    """Label lines by the body's name: they are in the order of the annotations that have a type."""
    bodies = [sample.spec.bodies[i] for i in sample.annotations[0].body_index]
    return {body.name: thing for body, thing in zip([b for b in bodies if b.category in ("car", "van")], reader.labels(data), strict=True)}


def test_the_projected_box_of_a_box_is_its_amodal_box(pair):
    """Within one pixel: boxes fill their 3D boxes, and the silhouette is of pixel centres."""
    out = files(Kitti(stereo=True), pair)
    p2 = reader.calibration(out["training/calib/000000.txt"])["P2"]
    labels = pair.annotations[0]
    things = named(pair, out["training/label_2/000000.txt"])
    assert set(things) >= {"car-near", "car-turned", "car-cut", "van-far"}
    for row, index in enumerate(labels.body_index):
        name = pair.spec.bodies[index].name
        if name not in things:
            continue
        corners = things[name].corners()
        if corners[:, 2].min() < 0.1:
            continue
        seen = reader.project(p2, corners)
        x0, y0, x1, y1 = labels.amodal_box_xyxy[row]
        # The first and the last pixel whose centre is covered.
        assert np.abs(seen.min(axis=0) - (x0, y0)).max() <= 1, name
        assert np.abs(seen.max(axis=0) - (x1 - 1, y1 - 1)).max() <= 1, name
        box = things[name].bbox
        assert np.allclose(box, np.clip((x0, y0, x1 - 1, y1 - 1), 0, (SIZE[0] - 1, SIZE[1] - 1, SIZE[0] - 1, SIZE[1] - 1)))


def test_meshes_are_within_their_projected_boxes_and_touch_them_somewhere(raster):
    """A round thing's silhouette is inside of its box's, and reaches its upper and lower edges' height at least."""
    duck = BodySpec(
        name="duck",
        shape=MeshShape(asset="household:mug/0", scale=20.0),
        world_from_body=Pose((-30, -1.75, 1.0), quat_from_axis_angle((0, 0, 1), 0.7)),
        category="car",
    )
    sample = taken(raster, street(EGO, duck), rig=ego_rig())
    out = files(Kitti(stereo=True), sample)
    p2 = reader.calibration(out["training/calib/000000.txt"])["P2"]
    (thing,) = reader.labels(out["training/label_2/000000.txt"])
    seen = reader.project(p2, thing.corners())
    x0, y0, x1, y1 = sample.annotations[0].amodal_box_xyxy[0]
    low, high = seen.min(axis=0), seen.max(axis=0)
    assert (low <= (x0 + 1, y0 + 1)).all() and (high >= (x1 - 2, y1 - 2)).all()
    assert abs(high[1] - (y1 - 1)) < 0.05 * (high[1] - low[1]) + 1


def test_where_things_are_by_hand(pair):
    things = named(pair, files(Kitti(stereo=True), pair)["training/label_2/000000.txt"])
    near = things["car-near"]
    # The camera is at x = -40 - 0.24, y = -1.75 + 0.06, 1.65 above the road.
    assert np.allclose(near.location, (0.06, 1.65, 12.24), atol=1e-4)
    assert np.allclose(near.hwl, (1.5, 1.8, 4.4))
    assert near.rotation_y == pytest.approx(-math.pi / 2, abs=1e-4)  # it drives away
    assert near.alpha == pytest.approx(-math.pi / 2 - math.atan2(0.06, 12.24), abs=2e-4)
    assert (near.type, near.truncated, near.occluded) == ("Car", 0, 0)
    oncoming = things["van-far"]
    assert (oncoming.type, abs(oncoming.rotation_y)) == ("Van", pytest.approx(math.pi / 2, abs=1e-4))
    assert oncoming.rotation_y > 0
    # To the left by 2.6: counter-clockwise from above is a smaller angle about the axis that points down.
    assert things["car-turned"].rotation_y == pytest.approx(wrapped(-math.pi / 2 - 2.6), abs=1e-4)
    for thing in things.values():
        x, _, z = thing.location
        assert wrapped(thing.alpha - (thing.rotation_y - math.atan2(x, z))) == pytest.approx(0, abs=2e-4)


def test_occlusion_and_truncation_follow_what_is_seen(pair):
    things = named(pair, files(Kitti(stereo=True), pair)["training/label_2/000000.txt"])
    assert things["car-hidden"].occluded >= 1
    assert things["car-cut"].truncated > 0.05
    assert things["van-far"].truncated == 0
    labels = pair.annotations[0]
    names = [pair.spec.bodies[i].name for i in labels.body_index]
    row = names.index("car-hidden")
    share = labels.area_px[row] / labels.amodal_area_px[row]
    assert things["car-hidden"].occluded == (3 if share < 0.1 else 2 if share < 0.5 else 1 if share < 0.9 else 0)


def test_leaning_bodies_keep_their_sizes_and_toppled_ones_get_a_box_around(raster):
    slope = quat_from_axis_angle((0, 1, 0), 0.1)
    ramp = replace(car("ramp", -28, -1.75), world_from_body=Pose((-28, -1.75, 1.2), slope))
    roll = quat_multiply(quat_from_axis_angle((0, 0, 1), 0.5), quat_from_axis_angle((1, 0, 0), math.pi / 2))
    toppled = replace(car("toppled", -25, 2.0), world_from_body=Pose((-25, 2.0, 0.9), roll))
    nose = replace(car("nose", -20, 0), world_from_body=Pose((-20, 0.0, 2.2), quat_from_axis_angle((0, 1, 0), math.pi / 2)))
    sample = taken(raster, street(EGO, ramp, toppled, nose), rig=ego_rig())
    things = named(sample, files(Kitti(stereo=True), sample)["training/label_2/000000.txt"])
    assert np.allclose(things["ramp"].hwl, (1.5, 1.8, 4.4))
    assert np.allclose(things["toppled"].hwl, (1.8, 1.5, 4.4), atol=1e-4)
    assert things["toppled"].rotation_y == pytest.approx(wrapped(-math.pi / 2 - 0.5), abs=1e-4)
    assert things["nose"].hwl[0] == pytest.approx(4.4, abs=1e-4)
    labels = sample.annotations[0]
    for row, index in enumerate(labels.body_index):
        box = upright_box(labels.camera_from_body[row], labels.size_m[row], labels.center_m[row])
        pose, half = labels.camera_from_body[row], labels.size_m[row] / 2
        signs = np.array([(i, j, k) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
        corners = (signs * half + labels.center_m[row]) @ pose[:3, :3].T + pose[:3, 3]
        if sample.spec.bodies[index].name in ("toppled", "nose"):
            assert corners[:, 1].max() == pytest.approx(box.location_m[1])
            assert corners[:, 1].min() == pytest.approx(box.location_m[1] - box.size_m[0])


def test_riders_and_what_they_ride_are_one_cyclist(raster):
    at, turned = Pose((-30, -1.0, 0.55), quat_from_axis_angle((0, 0, 1), 0.4)), quat_from_axis_angle((0, 0, 1), 0.4)
    bicycle = BodySpec(name="bike", shape=BoxShape(size_m=(1.7, 0.5, 1.1)), world_from_body=at, category="bicycle")
    rider = BodySpec(
        name="rider",
        shape=BoxShape(size_m=(0.6, 0.7, 1.2)),
        world_from_body=at.of(Pose((-0.1, 0.0, 0.65))),
        category="rider",
        attributes=(("rides", "bike"),),
    )
    alone = replace(bicycle, name="alone", world_from_body=Pose((-28, 2.0, 0.55), turned))
    sample = taken(raster, street(EGO, bicycle, rider, alone), rig=ego_rig())
    out = files(Kitti(stereo=True, velodyne=False), sample)
    (thing,) = reader.labels(out["training/label_2/000000.txt"])  # a bicycle without a rider is none of KITTI's types
    assert (thing.type, thing.occluded, thing.truncated) == ("Cyclist", 0, 0)
    # From the ground up to the rider's head, as long as the bicycle and as wide as the rider.
    assert np.allclose(thing.hwl, (0.55 + 0.65 + 0.6, 0.7, 1.7), atol=1e-4)
    assert thing.location[1] == pytest.approx(1.65, abs=1e-4)
    assert thing.rotation_y == pytest.approx(-math.pi / 2 - 0.4, abs=1e-4)
    seen = np.isin(sample.frames[0].instance, [1 + i for i, b in enumerate(sample.spec.bodies) if b.name in ("bike", "rider")])
    rows, columns = np.nonzero(seen)
    assert np.array_equal(thing.bbox, (columns.min(), rows.min(), columns.max(), rows.max()))
    both = files(Kitti(stereo=True, velodyne=False, types={"bicycle": "Misc"}), sample)
    assert [t.type for t in reader.labels(both["training/label_2/000000.txt"])] == ["Cyclist", "Misc"]


# --- calibration, stereo, maps ---


def test_calibration_is_kittis(pair):
    out = files(Kitti(stereo=True), pair)
    calib = reader.calibration(out["training/calib/000000.txt"])
    assert {name: matrix.shape for name, matrix in calib.items()} == {f"P{i}": (3, 4) for i in range(4)} | {
        "R0_rect": (3, 3),
        "Tr_velo_to_cam": (3, 4),
        "Tr_imu_to_velo": (3, 4),
    }
    scale = SIZE[0] / 1242
    shift = 0.5 * scale  # the published picture is cropped about its middle, by half a pixel of 376 to 375 rows at most
    f = 721.5377 * max(scale, SIZE[1] / 375)
    assert calib["P2"][0, 0] == pytest.approx(f)
    assert calib["P2"][0, 2] == pytest.approx((609.5593 + 0.5 - 621) * f / 721.5377 + SIZE[0] / 2 - 0.5, abs=shift)
    assert calib["P3"][0, 3] == pytest.approx(-f * 0.5327, rel=1e-6)
    assert np.array_equal(calib["P0"], calib["P2"]) and np.array_equal(calib["P1"], calib["P3"])
    # What is before the scanner is before the camera.
    ahead = calib["Tr_velo_to_cam"] @ (10, 0, 0, 1)
    assert np.allclose(ahead, (0.06, -0.08, 10 - 0.27))  # the scanner is in the middle, the left camera 6 cm to its left


def test_disparity_agrees_with_depth_and_with_the_other_picture(pair):
    out = files(Kitti(stereo=True, maps=("depth", "disparity")), pair)
    depth, occ, noc = (reader.disparity(out[f"training/{name}/000000.png"]) for name in ("depth_2", "disp_occ_0", "disp_noc_0"))
    p2, p3 = (reader.calibration(out["training/calib/000000.txt"])[name] for name in ("P2", "P3"))
    bf = p2[0, 3] - p3[0, 3]
    known = np.isfinite(depth) & np.isfinite(occ)
    assert known.mean() > 0.3
    assert np.abs(occ[known] - bf / depth[known]).max() < 1 / 512 + (bf / depth[known] ** 2).max() / 512 + 1e-6
    assert np.nanmax(np.abs(depth - np.where(np.isfinite(pair.frames[0].depth_m), pair.frames[0].depth_m, np.nan))) <= 1 / 512
    # What both see has the same colour, and the same body, in both.
    both = np.isfinite(noc)
    assert 0.5 < both.sum() / np.isfinite(occ).sum() < 1
    assert np.array_equal(noc[both], occ[both])
    rows, columns = np.nonzero(both)
    at = np.floor(columns + 0.5 - noc[rows, columns]).astype(int)
    left, right = (frame.instance for frame in pair.frames)
    assert (left[rows, columns] == right[rows, at]).mean() > 0.99


@pytest.fixture(scope="module")
def speckled(raster, tmp_path_factory):
    """The street with a print on everything, which block matching needs."""
    path = Path(tmp_path_factory.mktemp("print")) / "speckles.png"
    rng = np.random.default_rng(0)
    cv2.imwrite(str(path), rng.integers(0, 256, (256, 256, 3), dtype=np.uint8))
    print_ = MaterialSpec(roughness=1.0, base_color=(0.8, 0.8, 0.8), texture=ImageTexture(path=str(path), tile_m=6.0))
    spec = street(EGO, *OTHERS)
    spec = spec.replace(bodies=tuple(replace(body, material=print_) for body in spec.bodies))
    return taken(raster, spec, rig=ego_rig())


def test_block_matching_finds_the_same_disparity(speckled):
    out = files(Kitti(stereo=True, maps=("disparity",)), speckled)
    left, right = (cv2.cvtColor(reader.picture(out[f"training/image_{i}/000000.png"]), cv2.COLOR_BGR2GRAY) for i in (2, 3))
    matcher = cv2.StereoSGBM.create(minDisparity=0, numDisparities=96, blockSize=7, P1=8 * 49, P2=32 * 49, uniquenessRatio=10)
    found = matcher.compute(left, right) / 16.0
    true = reader.disparity(out["training/disp_noc_0/000000.png"])
    both = (found > 0) & np.isfinite(true) & (true < 95)
    assert both.sum() > 10000
    assert np.median(np.abs(found - true)[both]) < 0.3
    assert (np.abs(found - true)[both] < 2).mean() > 0.9


@pytest.fixture(scope="module")
def moving(raster):
    """Three moments of a street in which all move."""

    def track(body, speed, turn=0.0):
        x, y, z = body.world_from_body.position_m
        start = body.world_from_body.rotation_wxyz
        poses = [Pose((x + speed * t, y + 0.2 * t, z), quat_multiply(quat_from_axis_angle((0, 0, 1), turn * t), start)) for t in (0.0, 0.25, 0.5)]
        return Track(body=body.name, times_s=(0.0, 0.25, 0.5), poses=tuple(poses))

    cars = (EGO, *OTHERS)
    tracks = (track(EGO, 9.0, 0.1), track(cars[1], 6.0), track(cars[2], -5.0, 0.3))
    spec = street(*cars).replace(tracks=tracks)
    return taken(raster, spec, times=(0.0, 0.1, 0.2), rig=ego_rig())


def test_flow_and_scene_flow_are_where_surfaces_go(moving):
    """The second disparity, where the flow leads to, is what the next pair's first one says."""
    out = files(Kitti(stereo=True, layout="object", maps=("flow", "disparity", "scene-flow")), moving)
    flow = reader.flow(out["training/flow_occ/000000.png"])
    later = reader.disparity(out["training/disp_occ_1/000000.png"])
    then = reader.disparity(out["training/disp_occ_0/000001.png"])
    own = moving.frames[0].flow_forward
    known = np.isfinite(flow[..., 0])
    assert known.mean() > 0.3 and np.abs(flow - own)[known].max() <= 1 / 128 + 1e-4
    v, u = np.indices(known.shape)
    at_u, at_v = (np.floor(c + 0.5 + np.nan_to_num(flow[..., i], nan=-9e9)).astype(np.int64) for i, c in enumerate((u, v)))
    inside = known & (at_u >= 0) & (at_u < known.shape[1]) & (at_v >= 0) & (at_v < known.shape[0]) & np.isfinite(later)
    ids, next_ids = moving.frames[0].instance, moving.frames[2].instance
    seen = then[np.where(inside, at_v, 0), np.where(inside, at_u, 0)]
    same = inside & (next_ids[np.where(inside, at_v, 0), np.where(inside, at_u, 0)] == ids) & np.isfinite(seen)
    assert same.sum() > 0.5 * known.sum()
    for body in range(1, len(moving.spec.bodies) + 1):
        here = same & (ids == body)
        if here.sum() > 300:
            # Half a pixel beside it the disparity is another one by as much as surfaces slope.
            assert np.median(np.abs(seen - later)[here]) < 0.25, moving.spec.bodies[body - 1].name


def test_velocity_of_depth(moving):
    """Against each body's own motion, written out point by point."""
    from diorama.exporters.kitti_maps import later_depth_m

    frame, spec = moving.frames[0], moving.at(0)
    later = later_depth_m(frame, spec)
    camera_then = np.linalg.inv(frame.camera.motion.moved(frame.camera.world_from_camera, 0.1).matrix)
    rng = np.random.default_rng(0)
    rows, columns = np.nonzero(np.isfinite(frame.depth_m))
    for i in rng.integers(0, len(rows), 200):
        v, u, z = rows[i], columns[i], float(frame.depth_m[rows[i], columns[i]])
        point = np.array([(u + 0.5 - frame.camera.cx) / frame.camera.fx * z, (v + 0.5 - frame.camera.cy) / frame.camera.fy * z, z, 1.0])
        body = spec.bodies[frame.instance[v, u] - 1]
        world = frame.camera.world_from_camera.matrix @ point
        moved = body.motion.moved(body.world_from_body, 0.1).matrix @ np.linalg.inv(body.world_from_body.matrix) @ world
        assert later[v, u] == pytest.approx((camera_then @ moved)[2], abs=1e-6)


# --- the scanner ---


def test_velodyne_points_land_on_their_instances(pair):
    """By the written calibration alone: at least 99 of 100 of those that the camera sees."""
    out = files(Kitti(stereo=True), pair)
    cloud = reader.points(out["training/velodyne/000000.bin"])
    label = np.frombuffer(out["training/labels/000000.label"], "<u4")
    assert len(cloud) == len(label) > 100_000
    assert "training/velodyne/000001.bin" not in out and np.isfinite(cloud).all()
    assert 0 <= cloud[:, 3].min() and cloud[:, 3].max() <= 1
    calib = reader.calibration(out["training/calib/000000.txt"])
    homogeneous = np.concatenate([cloud[:, :3], np.ones((len(cloud), 1))], axis=1)
    rect = homogeneous @ calib["Tr_velo_to_cam"].T @ calib["R0_rect"].T
    ahead = rect[:, 2] > 0.5
    # The middle of the first pixel is (0, 0).
    pixel = np.rint(reader.project(calib["P2"], rect[ahead])).astype(int)
    inside = ((pixel >= 0) & (pixel < SIZE)).all(axis=1)
    columns, rows = pixel[inside].T
    depth, z = pair.frames[0].depth_m[rows, columns], rect[ahead][inside, 2]
    seen = np.abs(depth - z) < 0.15 + 0.01 * z
    same = pair.frames[0].instance[rows, columns] == (label[ahead][inside] >> 16)
    assert seen.mean() > 0.9 and same[seen].mean() >= 0.99
    bodies = seen & np.isin(label[ahead][inside] >> 16, [pair.spec.bodies.index(body) + 1 for body in OTHERS])
    assert bodies.sum() > 500 and same[bodies].mean() >= 0.99
    # The data set's list has cars alone: all else is of no class.
    cars = np.isin(label >> 16, [i for i, body in enumerate(pair.spec.bodies, start=1) if body.category == "car"])
    assert np.array_equal((label & 0xFFFF) == 1, cars)


def test_points_on_a_body_are_within_its_box(pair):
    """Its 3D box, in the camera's frame, with three deviations of noise."""
    out = files(Kitti(stereo=True), pair)
    calib = reader.calibration(out["training/calib/000000.txt"])
    cloud, label = reader.points(out["training/velodyne/000000.bin"]), np.frombuffer(out["training/labels/000000.label"], "<u4") >> 16
    rect = np.concatenate([cloud[:, :3], np.ones((len(cloud), 1))], axis=1) @ calib["Tr_velo_to_cam"].T
    for name, thing in named(pair, out["training/label_2/000000.txt"]).items():
        number = next(i for i, body in enumerate(pair.spec.bodies, start=1) if body.name == name)
        on_it = rect[label == number] - thing.location
        c, s = np.cos(thing.rotation_y), np.sin(thing.rotation_y)
        along, across = c * on_it[:, 0] - s * on_it[:, 2], s * on_it[:, 0] + c * on_it[:, 2]
        h, w, length = thing.hwl
        assert len(on_it) > 5
        assert (np.abs(along) <= length / 2 + 0.06).all() and (np.abs(across) <= w / 2 + 0.06).all()
        assert (on_it[:, 1] <= 0.06).all() and (on_it[:, 1] >= -h - 0.06).all()


def test_no_points_are_written_or_asked_for_unless_wanted(pair):
    assert "points" in Kitti().channels and "points" not in Kitti(velodyne=False).channels
    assert not [path for path in files(Kitti(stereo=True, velodyne=False), pair) if "velodyne" in path or "labels/" in path]


# --- tracking ---


def test_sequences_have_tracks(moving):
    exporter = Kitti(stereo=True)
    encoded = exporter.encode(moving, 0, DATASET)
    out = encoded.files
    assert {path for path in out if path.endswith(".png")} == {f"training/image_0{i}/0000/{t:06d}.png" for i in (2, 3) for t in range(3)}
    things = reader.labels(out["training/label_02/0000.txt"], tracking=True)
    assert {thing.frame for thing in things} == {0, 1, 2}
    tracks = {}
    for thing in things:
        tracks.setdefault(thing.track, []).append(thing)
    nearest = min((t for t in tracks.values() if len(t) == 3), key=lambda t: t[0].location[2])
    assert all(len({t.type for t in track}) == 1 and len({tuple(t.hwl) for t in track}) == 1 for track in tracks.values())
    # It moves by steps of the same length.
    steps = np.diff([t.location for t in nearest], axis=0)
    assert np.allclose(np.linalg.norm(steps[0]), np.linalg.norm(steps[1]), atol=0.05)
    calib = reader.calibration(out["training/calib/0000.txt"])
    assert set(calib) == {"P0", "P1", "P2", "P3", "R_rect", "Tr_velo_cam", "Tr_imu_velo"}
    merged = {path: b"".join(chunks).decode() for path, chunks in exporter.finalize(lambda: encoded.records, DATASET)}
    assert merged["evaluate_tracking.seqmap"] == "0000 empty 000000 000003\n"
    assert merged["ImageSets/trainval.txt"] == "0000\n"


def poses_of(rows):
    """World poses of the inertial unit, as KITTI's development kit makes them of its numbers: Mercator's projection, from the first one on."""
    scale = math.cos(math.radians(rows[0][0]))
    out = []
    for lat, lon, alt, roll, pitch, yaw, *_ in rows:
        x = scale * lon * math.pi * 6378137 / 180
        y = scale * 6378137 * math.log(math.tan((90 + lat) * math.pi / 360))
        cr, sr, cp, sp, cy, sy = (f(a) for a in (roll, pitch, yaw) for f in (math.cos, math.sin))
        rx = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
        ry = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
        rz = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = rz @ ry @ rx, (x, y, alt)
        out.append(pose)
    return out


def test_the_inertial_unit_tells_how_the_cameras_moved(moving):
    out = files(Kitti(stereo=True), moving)
    rows = [[float(word) for word in line.split()] for line in out["training/oxts/0000.txt"].decode().splitlines()]
    assert [len(row) for row in rows] == [30] * 3
    calib = reader.calibration(out["training/calib/0000.txt"])
    camera_from_imu = np.eye(4)
    for name in ("Tr_imu_velo", "Tr_velo_cam"):
        camera_from_imu = np.vstack([calib[name], (0, 0, 0, 1)]) @ camera_from_imu
    world = [pose @ np.linalg.inv(camera_from_imu) for pose in poses_of(rows)]
    true = [frame.camera.world_from_camera.matrix for frame in moving.frames[::2]]
    for i in (1, 2):
        assert np.allclose(np.linalg.inv(world[0]) @ world[i], np.linalg.inv(true[0]) @ true[i], atol=1e-4)
    assert rows[0][8] == pytest.approx(9.0, abs=0.05)  # forward, metres a second
    assert rows[0][22] == pytest.approx(0.1, abs=1e-3)  # turning left


# --- the set ---


def test_numbers_and_splits(pair):
    exporter = Kitti(stereo=True, val_share=0.25)
    records = []
    for scene in range(8):
        encoded = exporter.encode(replace(pair, index=scene), 2 * scene, DATASET)
        assert f"training/image_3/{scene:06d}.png" in encoded.files
        records += encoded.records
    merged = {path: b"".join(chunks).decode().split() for path, chunks in exporter.finalize(lambda: records, DATASET)}
    assert merged["ImageSets/trainval.txt"] == [f"{i:06d}" for i in range(8)]
    assert merged["ImageSets/val.txt"] == ["000003", "000007"]
    assert sorted(merged["ImageSets/train.txt"] + merged["ImageSets/val.txt"]) == merged["ImageSets/trainval.txt"]
    mono = Kitti(velodyne=False).encode(pair, 6, DATASET)
    assert {path.split("/")[2] for path in mono.files} == {f"{n:06d}.{s}" for n in (6, 7) for s in ("png", "txt")}


def test_the_ground_is_below_the_camera(pair):
    *_, line = files(Kitti(stereo=True), pair)["training/planes/000000.txt"].decode().splitlines()
    a, b, c, d = map(float, line.split())
    assert (a, b, c, d) == pytest.approx((0, -1, 0, 1.65), abs=1e-6)


def test_types(pair):
    exporter = Kitti(stereo=True, types={"van": "", "traffic-sign": "Misc"})
    found = sorted({thing.type for thing in reader.labels(files(exporter, pair)["training/label_2/000000.txt"])})
    assert found == ["Car", "Misc"]


# --- faults ---


def test_refused_settings():
    for settings, words in (
        ({"maps": ("flows",)}, 'Did you mean "flow"'),
        ({"maps": ("disparity",)}, "set stereo to true"),
        ({"types": {"car": "Bike"}}, 'car cannot be "Bike"'),
        ({"val_share": 1.5}, "val_share must be in"),
    ):
        with pytest.raises(InvalidValue, match=words):
            Kitti(**settings)


def test_refused_samples(raster, pair):
    spec = street(EGO, *OTHERS)
    rig = replace(ego_rig(), angle_error_deg=Constant(0.5))
    with pytest.raises(InvalidValue, match="are no stereo pair"):
        files(Kitti(stereo=True), taken(raster, spec, rig=rig, size=(120, 40)))
    with pytest.raises(InvalidValue, match="even number of views"):
        files(Kitti(stereo=True), taken(raster, spec, views=1, rig=ego_rig(), size=(120, 40)))
    bent = replace(pair.frames[0], camera=replace(pair.frames[0].camera, distortion=BrownConrady(k1=0.1)))
    with pytest.raises(InvalidValue, match="holds rectified ones"):
        files(Kitti(), replace(pair, frames=(bent, *pair.frames[1:])))
    flat = replace(pair.frames[0], flow_forward=None)
    with pytest.raises(InvalidValue, match='no "flow_forward" channel'):
        files(Kitti(maps=("flow",)), replace(pair, frames=(flat, *pair.frames[1:])))
