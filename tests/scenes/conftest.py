"""The built-in assets, and the helpers beside the tests."""

import sys
from pathlib import Path

import pytest

from diorama.randomizers.base import Context
from diorama.sim.assets.library import AssetLibrary

sys.path.insert(0, str(Path(__file__).parent))  # staging.py


@pytest.fixture(scope="session")
def context() -> Context:
    return Context(library=AssetLibrary())
