"""Objects in photographs that the engine took itself: where they stand, what labels say of them, and what is refused."""

import json
import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
import yaml

from diorama.cli import main
from diorama.exporters import EXPORTERS
from diorama.plan import Plan, default_plan
from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant, UniformInt
from diorama.randomizers.photo_camera import PhotoCamera
from diorama.randomizers.photo_sensor import PhotoSensor
from diorama.run.pipeline import Pipeline
from diorama.scenes.photo import Photo
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import AssetError, InvalidValue
from diorama.sim.photo.pose import tilted_camera
from diorama.sim.photo.sidecar import read_sidecar
from diorama.sim.render.backdrop import codes, linear
from diorama.sim.render.raster import Raster
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, MaterialSpec, PointLight, Pose, ProceduralTexture, SceneSpec, SensorSpec
from diorama.sim.transforms import apply, invert, project
from diorama.studio import Studio, generate

SIZE = (200, 150)
TAKEN = tilted_camera(SIZE, height_m=0.6, pitch_rad=math.radians(50), roll_rad=math.radians(4), fov_rad=math.radians(55))
#: A sheet of paper on the table: its middle, and its size.
SHEET, PAPER_M = Pose((0.02, 0.5, 0.0)), (0.297, 0.21)
KNOWN = {"height_m": 0.6, "pitch_deg": 50, "roll_deg": 4, "fov_deg": 55}


@pytest.fixture(scope="module")
def context():
    return Context(library=AssetLibrary())


@pytest.fixture(scope="module")
def table(context):
    """A photograph (H, W, 3) of a wooden table with a sheet of paper on it, under a lamp from the right."""
    wood = ProceduralTexture(pattern="wood", color_a=(0.45, 0.3, 0.18), color_b=(0.3, 0.19, 0.1), tile_m=0.5, seed=2)
    bodies = (
        BodySpec(
            name="table",
            shape=BoxShape(size_m=(6, 6, 0.1)),
            world_from_body=Pose((0, 0, -0.05)),
            material=MaterialSpec(base_color=(1, 1, 1), texture=wood, roughness=0.8),
        ),
        BodySpec(name="sheet", shape=BoxShape(size_m=(*PAPER_M, 0.0002)), world_from_body=SHEET, material=MaterialSpec(base_color=(0.8,) * 3)),
    )
    with Raster(context.library) as raster:
        raster.load(SceneSpec(bodies=bodies, lights=(PointLight(position_m=(0.9, 0.5, 0.8), intensity=(1, 1, 1)),)))
        return raster.render(replace(TAKEN, sensor=SensorSpec(read_noise=0.006, shot_noise=0.01, blur_px=0.5)), ("rgb",)).rgb


@pytest.fixture
def photos(table, tmp_path):
    """A folder with that photograph; `photos.known` writes what is known of it."""
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "table.png"), table[..., ::-1])
    (folder / "table.yaml").write_text(yaml.safe_dump(KNOWN))
    return folder


def plan(photos, *, views=1, resolution=SIZE, randomizers=None, **settings):
    staged = Photo(photos=(str(photos),), **settings)
    return Plan(
        scenario=staged,
        randomizers=staged.randomizers() if randomizers is None else randomizers,
        exporters=(EXPORTERS["coco"](),),
        views=views,
        resolution=resolution,
        min_visible_objects=0,
    )


def build(photos, context, **settings):
    return Photo(photos=(str(photos),), **settings).build(Seed(0), context)


def corners_px(camera=TAKEN):
    """Where the sheet's corners are seen: the first two are its long side that is farther away."""
    x, y = PAPER_M[0] / 2, PAPER_M[1] / 2
    points = apply(SHEET.matrix, [(-x, y, 0), (x, y, 0), (x, -y, 0), (-x, -y, 0)])
    return project(camera.k, apply(invert(camera.world_from_camera.matrix), points))


# --- the camera ---


def test_the_camera_stands_where_the_file_beside_the_photograph_says(photos, context):
    (camera,) = build(photos, context).cameras
    assert replace(camera, name="camera", backdrop=None, sensor=SensorSpec()) == replace(TAKEN, name="camera")
    assert camera.backdrop.path == f"{photos}/table.png" and camera.sensor.tone_curve == "filmic"


def test_or_where_corners_of_a_sheet_of_paper_are_seen(photos, context):
    (photos / "table.yaml").write_text(yaml.safe_dump({"corners_px": corners_px().tolist(), "size_m": list(PAPER_M)}))
    spec = build(photos, context)
    (camera,) = spec.cameras
    wanted = invert(SHEET.matrix) @ TAKEN.world_from_camera.matrix
    np.testing.assert_allclose(camera.world_from_camera.matrix, wanted, atol=1e-6)
    assert camera.fx == pytest.approx(TAKEN.fx, rel=1e-6)


def test_corners_count_in_the_files_own_pixels(table, photos, context):
    """Photographs larger than 2048 pixels are halved as they are read."""
    large = cv2.resize(table, (SIZE[0] * 16, SIZE[1] * 16), interpolation=cv2.INTER_LINEAR)
    cv2.imwrite(str(photos / "table.png"), large[..., ::-1])
    (photos / "table.yaml").write_text(yaml.safe_dump({"corners_px": (16 * corners_px()).tolist(), "size_m": list(PAPER_M)}))
    (camera,) = build(photos, context).cameras
    assert (camera.width, camera.height) == (SIZE[0] * 8, SIZE[1] * 8)
    np.testing.assert_allclose(camera.world_from_camera.matrix, invert(SHEET.matrix) @ TAKEN.world_from_camera.matrix, atol=1e-6)
    assert camera.fx == pytest.approx(8 * TAKEN.fx, rel=1e-6)


def test_what_is_not_known_is_drawn(photos, context):
    (photos / "table.yaml").unlink()
    staged = Photo(photos=(str(photos),))
    heights = {staged.build(Seed(s), context).cameras[0].world_from_camera.position_m[2] for s in range(20)}
    assert len(heights) == 20 and 0.4 <= min(heights) < max(heights) <= 0.7
    (photos / "table.yaml").write_text("height_m: 1.5\n")
    tilts = {staged.build(Seed(s), context).cameras[0].world_from_camera for s in range(3)}
    assert len(tilts) == 3 and {pose.position_m[2] for pose in tilts} == {1.5}


def test_all_photographs_are_drawn_and_each_scene_has_its_own(table, photos, context):
    for i in range(3):
        cv2.imwrite(str(photos / f"{i}.jpg"), table[..., ::-1])
    staged = Photo(photos=(str(photos),))
    drawn = [staged.build(Seed(s), context).cameras[0].backdrop.path for s in range(40)]
    assert set(drawn) == {f"{photos}/{name}" for name in ("0.jpg", "1.jpg", "2.jpg", "table.png")}
    assert drawn == [staged.build(Seed(s), context).cameras[0].backdrop.path for s in range(40)]


@pytest.mark.parametrize(("zoom", "offset"), [(1.0, (0.0, 0.0)), (1.3, (0.7, -0.4)), (2.0, (-1.0, 1.0))])
@pytest.mark.parametrize("resolution", [SIZE, (96, 72), (80, 80), (90, 40)])
def test_the_camera_of_a_part_sees_that_part(photos, context, table, zoom, offset, resolution):
    """The corners of the sheet of paper are where the camera of the part says: the paper begins there."""
    spec = build(photos, context)
    width, height = resolution
    camera = replace(spec.cameras[0].resized(width, height), name="view-0")
    randomizer = PhotoCamera(zoom=Constant(zoom), offset=Constant(offset[0]))
    spec = spec.replace(cameras=(camera,))
    params = randomizer.sample(Seed(0), spec, context)
    (part,) = randomizer.apply(spec, params).cameras
    picture = codes(linear(part.backdrop, table, width, height)).astype(float).mean(axis=2)
    pixels = corners_px(part)
    inside = cv2.fillConvexPoly(np.zeros((height, width), np.uint8), np.rint(pixels - 0.5).astype(np.int32), 1) == 1
    if inside.sum() < 30:
        return
    paper, wood = (
        picture[cv2.erode(inside.astype(np.uint8), np.ones((3, 3))) == 1],
        picture[cv2.dilate(inside.astype(np.uint8), np.ones((5, 5))) == 0],
    )
    assert np.percentile(paper, 10) > np.percentile(wood, 95)


# --- what is made ---


def test_an_empty_scene_is_its_photograph(photos, table):
    nothing = plan(photos, randomizers=())
    sample = generate(nothing, 0, 0)
    np.testing.assert_array_equal(sample.frames[0].rgb, table)


def test_objects_stand_on_what_is_seen_of_the_table(photos, table):
    made = plan(photos, views=2)
    with Studio(made) as studio:
        samples = [generate(made, 3, index, studio=studio) for index in range(2)]
        again = generate(made, 3, 1, studio=studio)
    for sample in samples:
        plane, *objects = sample.spec.bodies
        assert plane.catcher and len(objects) >= 3
        assert all(0 < body.world_from_body.position_m[2] < 0.4 for body in objects)
        for frame, labels in zip(sample.frames, sample.annotations, strict=True):
            assert len(labels) > 0 and frame.camera.backdrop.path.endswith("table.png")
            same = (frame.rgb == codes(linear(frame.camera.backdrop, table, *SIZE))).all(axis=2)
            # The table, where there is neither object nor shadow, is most of the picture; it has an id, and depth, as any furniture.
            assert 0.3 < same.mean() < 0.99 and not same[frame.instance > 1].all()
            assert (frame.instance[same] == 1).mean() > 0.95 and np.isfinite(frame.depth_m[frame.instance == 1]).all()
    for one, other in zip(samples[1].frames, again.frames, strict=True):
        np.testing.assert_array_equal(one.rgb, other.rgb)
    assert samples[1].provenance.draws == again.provenance.draws


def test_light_and_grain_are_those_of_the_photograph(photos):
    made = plan(photos)
    whole = tuple(PhotoCamera(zoom=Constant(1.0)) if r.name == "photo-camera" else r for r in made.randomizers)
    sample = generate(replace(made, randomizers=whole), 0, 0)
    draws = sample.provenance.draws
    light, sensor = draws["photo-light"], draws["view-0/photo-sensor"]["sensor"]
    assert 40 < light["azimuth_deg"] < 140  # from the right
    assert light["lights"][0]["direction"][0] < 0
    assert math.hypot(sensor["read_noise"], sensor["shot_noise"] * 0.5) == pytest.approx(math.hypot(0.006, 0.01 * 0.5), rel=0.4)


@pytest.mark.parametrize(("finer", "noisier"), [(1, 1.0), (4, 2.0)])
def test_what_is_shown_larger_is_as_much_more_blurred(photos, context, table, finer, noisier):
    """And noisier, if pixels are then means of fewer of the photograph's."""
    cv2.imwrite(str(photos / "table.png"), cv2.resize(table[..., ::-1], (SIZE[0] * finer, SIZE[1] * finer), interpolation=cv2.INTER_NEAREST))
    spec = build(photos, context)
    camera = spec.cameras[0].resized(*SIZE)
    zoomed = replace(camera, backdrop=replace(camera.backdrop, zoom=2.0))
    one, two = (PhotoSensor().sample(Seed(0), spec.replace(cameras=(c,)), context) for c in (camera, zoomed))
    assert one["found"] == two["found"] and one["found"]["blur_px"] > 0 and one["found"]["shot_noise"] > 0
    assert two["sensor"]["blur_px"] == pytest.approx(2 * one["sensor"]["blur_px"])
    assert two["sensor"]["shot_noise"] == pytest.approx(noisier * one["sensor"]["shot_noise"])


def test_what_is_known_of_the_light_is_taken_from_the_file(photos, context):
    known = {"azimuth_deg": -90, "elevation_deg": 30, "direct": 0.5, "softness_deg": 10, "white": [1.0, 0.9, 0.8]}
    (photos / "table.yaml").write_text(yaml.safe_dump(KNOWN | {"light": known}))
    made = plan(photos, tone_curve="linear")
    (draw,) = (r for r in made.randomizers if r.name == "photo-light")
    draw = replace(draw, brightness=Constant(1.0))
    spec = made.scenario.build(Seed(0), context)
    params = draw.sample(Seed(1), spec, context)
    assert [params[name] for name in ("azimuth_deg", "elevation_deg", "direct", "softness_deg")] == [-90, 30, 0.5, 10]
    lit = draw.apply(spec, params)
    (sun,) = lit.lights
    assert sun.direction == pytest.approx((math.cos(math.radians(30)), 0, -0.5), abs=1e-9)  # it travels to the right
    # Both halves of the light make white paper, which reflects all of it, as white as it was said to be.
    level = np.array(sun.irradiance) * 0.5 / math.pi + np.array(lit.environment.sky)
    assert level.tolist() == pytest.approx([1.0, 0.787412, 0.603827], rel=1e-5)


# --- what is refused ---


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("heigth_m: 0.6", r'table\.yaml: .*heigth_m.*Did you mean "height_m"'),
        ("height_m: high", r"table\.yaml: .*height_m"),
        ("height_m: -1", r"table\.yaml: .*height_m must be in 0\.01\.\.1000"),
        ("corners_px: [[0, 0], [9, 0], [9, 9], [0, 9]]", r"table\.yaml: .*corners_px and size_m go together"),
        ("corners_px: [[0, 0], [9, 0], [0, 9], [9, 9]]\nsize_m: [1, 1]", r"table\.yaml: the corners must be those of a convex quadrangle"),
        ("corners_px: [[0, 0], [9, 0], [9, 9], [0, 9]]\nsize_m: [1, 1]\nheight_m: 2", r"table\.yaml: .*leave out height_m"),
        ("light: {azimuth_deg: 720}", r"table\.yaml: .*azimuth_deg must be in -360\.\.360"),
        ("- 1\n- 2", r"table\.yaml: "),
        ("{", r"table\.yaml: line "),
        ("x: " + "a" * 70000, r"table\.yaml: .*at most 65536 bytes"),
    ],
)
def test_files_beside_photographs_that_make_no_sense(photos, text, message):
    (photos / "table.yaml").write_text(text)
    with pytest.raises(AssetError, match=message):
        Photo(photos=(str(photos),)).check()


def test_an_empty_file_beside_a_photograph_says_nothing(photos):
    (photos / "table.yaml").write_text("")
    assert read_sidecar(photos / "table.png") == read_sidecar(photos / "none.png")


def test_what_is_wrong_is_told_before_work_begins_all_at_once(photos, tmp_path, capsys):
    (photos / "broken.jpg").write_bytes(b"no picture")
    (photos / "table.yaml").write_text("depth: 1")
    with pytest.raises(AssetError) as error:
        Pipeline().library(plan(photos))
    assert [line.split(": ")[0:2] for line in str(error.value).splitlines()] == [["photo", f"{photos}/broken.jpg"], ["photo", f"{photos}/table.yaml"]]
    assert main(["generate", "photo", "--set", f"scenario.photos=[{tmp_path}/nothing]", "--count", "1", "--out", str(tmp_path / "out")]) == 2
    assert "there is no such file or folder" in capsys.readouterr().err


def test_photographs_and_what_lies_beside_them_decide_the_bytes(photos):
    names = {f"photo:{photos}/table.png", f"photo:{photos}/table.yaml"}
    made = plan(photos)
    before = Pipeline().fingerprint(made, AssetLibrary())
    assert names <= set(before)
    (photos / "table.yaml").write_text("height_m: 0.5")
    after = Pipeline().fingerprint(made, AssetLibrary())
    assert {name for name in before if before[name] != after[name]} == {f"photo:{photos}/table.yaml"}


@pytest.mark.parametrize(
    "settings",
    [{"photos": ()}, {"photos": ("",)}, {"reach_m": 0.0}, {"height_m": Constant(-1.0)}, {"pitch_deg": Constant(120)}, {"fov_deg": Constant(0)}],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(InvalidValue, match=next(iter(settings))):
        Photo(**settings)


def test_randomizers_of_photographs_need_one():
    with pytest.raises(InvalidValue, match="photo-light: the scene has no photograph"):
        generate(replace(default_plan("tabletop"), randomizers=Photo().randomizers()[3:4]), 0, 0)


# --- as a whole ---


def test_a_data_set_is_made_gone_on_with_and_replayed(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["generate", "photo", "--resolution", "160x120", "--count", "3", "--views", "1", "--workers", "1", "--out", "set"]
    assert main(command) == 0
    names = sorted(path.name for path in (tmp_path / "set/images").iterdir())
    assert len(names) == 3
    first = json.loads((tmp_path / "set/annotations/instances.json").read_text())
    assert len(first["annotations"]) >= 3
    (tmp_path / "set/images" / names[1]).unlink()
    before = (tmp_path / "set/images" / names[0]).read_bytes()
    assert main([*command, "--resume"]) == 0
    assert (tmp_path / "set/images" / names[0]).read_bytes() == before and (tmp_path / "set/images" / names[1]).exists()
    assert main(["replay", "set", "1", "--out", "again"]) == 0
    (picture,) = (tmp_path / "again/images").iterdir()
    assert picture.read_bytes() == (tmp_path / "set/images" / picture.name).read_bytes()
    (photos / "table.yaml").write_text(yaml.safe_dump(KNOWN | {"height_m": 0.7}))
    assert main([*command, "--resume"]) == 2


def test_few_objects_fit_a_small_photograph(photos):
    """What does not fit where it is drawn rejects the scene, and another is drawn."""
    (photos / "table.yaml").write_text(yaml.safe_dump(KNOWN | {"height_m": 0.25}))
    staged = Photo(photos=(str(photos),))
    objects = replace(staged.randomizers()[0], count=UniformInt(1, 4))
    sample = generate(plan(photos, randomizers=(objects, *staged.randomizers()[1:])), 0, 0)
    assert 1 <= len(sample.spec.bodies) - 1 <= 4
