"""Oriel Signal FX Pro: music in, a finished 3D video out."""

import sys
from typing import cast

__version__ = "0.1.0"

# redis-py imports OpenTelemetry's metrics wherever they are installed, also where nobody asks for any: 2 MB a process.
cast("dict[str, object]", sys.modules).setdefault("opentelemetry.sdk.metrics", None)
