"""The load test's scenarios ask for routes that exist: Locust itself is not installed where the tests run."""

import re
from pathlib import Path

from apiflask import APIFlask

_SCENARIOS = Path(__file__).parents[1] / "load/locustfile.py"


def test_every_address_of_the_load_test_is_a_route(app: APIFlask) -> None:
    code = _SCENARIOS.read_text("utf-8")
    paths = {
        re.sub(r"\{[^}]*\}", "0" * 26, path) for path in re.findall(r'"(?:\{[\w.()\', ]+\})?(/[\w/{}\[\]\'.-]*)"', code)
    }
    assert {"/", "/status", "/api/uploads", "/api/render/submit", "/dev/mail.json"} <= paths
    adapter = app.url_map.bind("localhost")
    unknown = {path for path in paths if "[" not in path and not adapter.allowed_methods(path)}
    assert unknown == set()
