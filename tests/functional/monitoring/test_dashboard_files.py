"""The files for Prometheus and Grafana name only what /metrics tells."""

import json
import re
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from oriel.accounts.login import ASKED
from oriel.billing.stripe_gateway import CALLS
from oriel.infra.counters import declared

FOLDER = Path(__file__).parents[3] / "deploy" / "monitoring"
# Names in an expression, with the labels that it selects or groups by.
_SELECTOR = re.compile(r"(oriel_\w+)(?:\{([^}]*)\})?")
_SUFFIXES = ("_total", "_bucket", "_sum", "_count")


def expressions() -> list[str]:
    """Return every expression of rules and dashboard."""
    rules = yaml.safe_load((FOLDER / "rules.yml").read_text("utf-8"))
    dashboard = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    alerts = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return alerts + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def base_name(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)


def labels_of(client: FlaskClient) -> dict[str, set[str]]:
    """Return the labels of each family that /metrics tells, also of those without any sample yet."""
    client.get("/health")
    families = text_string_to_metric_families(client.get("/metrics").text)
    told = {
        base_name(family.name): {label for sample in family.samples for label in sample.labels} for family in families
    }
    return told | {each.name: set(each.labels) for each in declared()}


def test_files_name_only_figures_and_labels_that_there_are(client: FlaskClient) -> None:
    told = labels_of(client)
    told["oriel_renders"] = told["oriel_mails"] = {"state"}
    told["oriel_incidents"] = {"condition"}
    unknown = []
    for expression in expressions():
        for name, selected in _SELECTOR.findall(expression):
            wanted = {label for label in re.findall(r"(\w+)\s*[!=]~?\"", selected) if label != "job"}
            if base_name(name) not in told or not wanted <= told[base_name(name)] | {"le"}:
                unknown.append((name, wanted))
    assert unknown == []


def test_every_count_is_on_the_dashboard() -> None:
    shown = "\n".join(expressions())
    assert [each.name for each in declared() if each.name not in shown and each.name != "oriel_answers"] == []


def test_counters_of_all_domains_are_declared() -> None:
    assert {ASKED, CALLS} <= set(declared())


@pytest.mark.parametrize("file", ["rules.yml", "rules_test.yml", "dashboard.json"])
def test_no_file_names_a_machine(file: str) -> None:
    text = (FOLDER / file).read_text("utf-8")
    assert not re.search(r"\d+\.\d+\.\d+\.\d+|localhost", text)
