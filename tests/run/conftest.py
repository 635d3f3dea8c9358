import os
import sys
from pathlib import Path

# hand_made.py and fake_pipeline.py, for the tests and for the processes they start
FOLDERS = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "exporters")]
sys.path[:0] = FOLDERS
os.environ["PYTHONPATH"] = os.pathsep.join([*FOLDERS, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
