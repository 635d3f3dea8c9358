import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # hand_made.py, for the tests and for the processes they start
