"""Calls of the service's API, with the patience that a busy machine needs."""

from functools import partial

import httpx
from tests.render.service import PATIENCE_S, TLS

request = partial(httpx.request, timeout=PATIENCE_S, verify=TLS)
get = partial(httpx.get, timeout=PATIENCE_S, verify=TLS)
post = partial(httpx.post, timeout=PATIENCE_S, verify=TLS)
patch = partial(httpx.patch, timeout=PATIENCE_S, verify=TLS)
put = partial(httpx.put, timeout=PATIENCE_S, verify=TLS)
