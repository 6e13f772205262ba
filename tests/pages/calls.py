"""Calls of the service's API, with the patience that a busy machine needs."""

from functools import partial

import httpx
from tests.render.service import PATIENCE_S

request = partial(httpx.request, timeout=PATIENCE_S)
get = partial(httpx.get, timeout=PATIENCE_S)
post = partial(httpx.post, timeout=PATIENCE_S)
patch = partial(httpx.patch, timeout=PATIENCE_S)
put = partial(httpx.put, timeout=PATIENCE_S)
