import os
import sys
from pathlib import Path

# small_set.py and digests.py, for the tests and for the processes they start
sys.path.insert(0, str(Path(__file__).parent))
os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)

import pytest
from small_set import make, tree


@pytest.fixture(autouse=True)
def _no_power_cuts(monkeypatch):
    """Nothing here cuts the power, so nobody has to wait for the disk."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """The folder that every way of making the small set must equal."""
    return make(tmp_path_factory.mktemp("undisturbed") / "set")


@pytest.fixture(scope="session")
def expected(undisturbed):
    return tree(undisturbed)
