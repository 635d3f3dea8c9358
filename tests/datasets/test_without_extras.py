"""Without an extra, what needs it says so, and what does not works."""

import subprocess
import sys

import pytest


def run(code, absent):
    """What is printed where some packages are not installed."""
    hidden = f"import sys; sys.modules.update(dict.fromkeys({absent!r}))\n"
    return subprocess.run([sys.executable, "-c", hidden + code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("DioramaDataset", "torch", "torch"),
        ("WrittenDataset", "torch", "torch"),
        ("write_lerobot", "pyarrow", "lerobot"),
        ("write_lerobot", "av", "lerobot"),
        ("PickPlaceExpert", "gymnasium", "gym"),
    ],
)
def test_what_to_install_is_said(name, package, extra):
    code = f"import diorama\ntry: diorama.{name}\nexcept diorama.MissingExtra as error: print(error)"
    said = run(code, [package])
    assert f"needs {package}." in said
    assert f'pip install "diorama[{extra}]"' in said


def test_folders_are_read_and_batches_made_without_torch(folder):
    code = f"""
import diorama
from diorama.datasets.folder import WrittenFolder
rgb, target = WrittenFolder({str(folder)!r}).read(0)
pictures, targets = diorama.collate_detection([(rgb, target)] * 3)
print(len(pictures), rgb.shape, sorted(targets[2]))
"""
    keys = ["area", "boxes", "depth_m", "image_id", "iscrowd", "labels", "masks"]
    assert run(code, ["torch", "pyarrow", "av"]) == f"3 (72, 96, 3) {keys}"
