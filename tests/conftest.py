"""Makes the shared fakes importable as `tests.fakes`, wherever pytest is started."""

import sys
from pathlib import Path

_ROOT = str(Path(__file__).parents[1])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)
