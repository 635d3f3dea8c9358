import os
import sys
from pathlib import Path

import pytest

# hand_made.py and fake_pipeline.py, for the tests and for the processes they start
FOLDERS = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "exporters")]
sys.path[:0] = FOLDERS
os.environ["PYTHONPATH"] = os.pathsep.join([*FOLDERS, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)


@pytest.fixture(autouse=True)
def _no_power_cuts(monkeypatch):
    """Nothing here cuts the power, so nobody has to wait for the disk."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)
