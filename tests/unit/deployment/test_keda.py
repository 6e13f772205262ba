"""deploy/keda: what the scaler asks is what we answer, workers get few secrets, and none is ended while it renders."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from oriel.scaling.figures import ScalingFigures
from oriel.settings import NOT_FOR_WORKERS

_FILE = Path(__file__).parents[3] / "deploy/keda/worker.yaml"


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    """The specification of each kind."""
    return {document["kind"]: document["spec"] for document in yaml.safe_load_all(_FILE.read_text("utf-8"))}


def test_the_scaler_reads_the_figure_that_we_tell(documents: dict[str, dict[str, Any]]) -> None:
    scaled = documents["ScaledObject"]
    (trigger,) = scaled["triggers"]
    about = trigger["metadata"]
    assert about["valueLocation"] in ScalingFigures.model_fields
    assert about["url"].endswith("/metrics/workers")
    # One worker for each that is wanted.
    assert (about["targetValue"], trigger["metricType"], about["authMode"]) == ("1", "AverageValue", "bearer")
    assert 1 <= scaled["minReplicaCount"] < scaled["maxReplicaCount"]
    assert all(isinstance(value, str) for value in about.values())


def test_the_token_is_the_one_of_the_figures(documents: dict[str, dict[str, Any]]) -> None:
    (reference,) = documents["TriggerAuthentication"]["secretTargetRef"]
    assert (reference["parameter"], reference["key"]) == ("token", "METRICS_TOKEN")


def test_workers_get_no_secret_that_rendering_does_not_need(documents: dict[str, dict[str, Any]]) -> None:
    (container,) = documents["Deployment"]["template"]["spec"]["containers"]
    given = {variable["name"].lower() for variable in container["env"]}
    assert given.isdisjoint(NOT_FOR_WORKERS)
    assert {"secret_key", "database_url", "redis_url"} <= given
    assert "envFrom" not in container


def test_a_worker_finishes_its_render_before_it_is_told_to_stop(documents: dict[str, dict[str, Any]]) -> None:
    pod = documents["Deployment"]["template"]["spec"]
    (container,) = pod["containers"]
    assert "kill -USR1 1" in container["lifecycle"]["preStop"]["exec"]["command"][-1]
    assert pod["terminationGracePeriodSeconds"] >= 3600


def test_the_data_folder_is_made_by_the_worker_and_private(documents: dict[str, dict[str, Any]]) -> None:
    (container,) = documents["Deployment"]["template"]["spec"]["containers"]
    (folder,) = [variable["value"] for variable in container["env"] if variable["name"] == "DATA_DIR"]
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    # Kubernetes makes the mount with mode 0777 and root as its owner, who alone could change that.
    assert folder not in mounts
    assert str(Path(folder).parent) in mounts
