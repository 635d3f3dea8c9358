"""Arrays: what is read back is what the frame held."""

import json

import cv2
import numpy as np
import pytest

from diorama.exporters.arrays import Arrays
from diorama.exporters.base import Dataset
from diorama.plan import default_plan
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import CHANNELS
from diorama.studio import generate
from diorama.testing import check_exporter, labelled_sample

DATASET = Dataset(categories=(("ball", "toy"), ("box", "container")), info={})
ALL = tuple(c for c in CHANNELS if c not in ("amodal", "points"))


def read(path: str, data: bytes, folder):
    file = folder / path.replace("/", "-")
    file.write_bytes(data)
    return np.load(file, allow_pickle=False) if path.endswith(".npy") else cv2.imread(str(file), cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("channels", [("normal",), ALL])
def test_keeps_the_contract(channels):
    check_exporter(Arrays(channels=channels))


def test_reads_back_exactly(tmp_path):
    sample = labelled_sample(0)
    encoded = Arrays(channels=ALL).encode(sample, 6, DATASET)
    assert len(encoded.files) == 2 * len(ALL)
    for number, frame in enumerate(sample.frames, start=6):
        for channel in ALL:
            array = getattr(frame, {"depth": "depth_m"}.get(channel, channel))
            name = encoded.records[number - 6]["files"][channel]
            found = read(name, encoded.files[name], tmp_path)
            assert np.array_equal(found, array)
            assert found.dtype == (np.uint16 if channel in ("instance", "category") else array.dtype)
    ((path, chunks),) = Arrays(channels=ALL).finalize(lambda: encoded.records, DATASET)
    assert path == "arrays.json"
    assert json.loads(b"".join(chunks)) == {"pictures": json.loads(json.dumps(encoded.records))}


def test_the_channels_are_rendered_because_the_exporter_asks():
    arrays = Arrays(channels=("normal", "shadow", "flow_forward"))
    plan = default_plan("tabletop", resolution=(48, 32), views=1, exporters=(arrays,), channels=("albedo",))
    (frame,) = generate(plan, 0, 0).frames
    assert all(getattr(frame, channel) is not None for channel in (*arrays.channels, "albedo"))
    assert frame.object_coordinates is None


@pytest.mark.parametrize("channels", [(), ("amodal",), ("normal", "normal"), ("normals",)])
def test_refused_settings(channels):
    with pytest.raises(InvalidValue, match=r"channels must be|no channel named"):
        Arrays(channels=channels)


def test_a_lacking_channel_is_named():
    from dataclasses import replace

    sample = labelled_sample(0)
    with pytest.raises(InvalidValue, match='no "normal" channel'):
        Arrays().encode(replace(sample, frames=tuple(replace(f, normal=None) for f in sample.frames)), 0, DATASET)
