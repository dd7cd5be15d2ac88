"""The callbacks of the examples, with the real packages."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_classification

from sklearn_automl import HyperbandSearchCV
from tests.fakes import FailsAbove
from tests.model_selection.searches import make, small_spaces

pytest.importorskip("sklearn.callback", reason="new in scikit-learn 1.9")
mlflow = pytest.importorskip("mlflow")

pytestmark = small_spaces
EXAMPLE = Path(__file__).parents[2] / "doc" / "examples" / "log_to_mlflow.py"


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


@pytest.mark.filterwarnings("ignore::Warning")  # MLflow's own, and that fits failed
@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.workers)])
def test_mlflow_has_a_run_for_each_evaluation(n_jobs, data, tmp_path, monkeypatch):
    # The store of files is the only one that mlflow-skinny has.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    LogsToMLflow = runpy.run_path(str(EXAMPLE))["LogsToMLflow"]
    uri = tmp_path.as_uri()
    space = {"value": np.linspace(0, 0.9, 10).tolist()}
    search = make(HyperbandSearchCV, FailsAbove(), space, n_jobs=n_jobs)
    search.set_callbacks(LogsToMLflow("digits", uri)).fit(*data)
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("digits")
    runs = client.search_runs([experiment.experiment_id])
    (whole,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert whole.data.metrics["best_score"] == search.best_score_
    parts = [run for run in runs if run is not whole]
    assert {run.data.tags["mlflow.parentRunId"] for run in parts} == {whole.info.run_id}
    table = search.cv_results_
    scores = [run.data.metrics["score"] for run in parts if "score" in run.data.metrics]
    completed = table["status"] == "completed"
    assert sorted(scores) == sorted(table["mean_test_score"][completed])
    assert sum(run.info.status == "FAILED" for run in parts) == (~completed).sum() > 0
    values = sorted(run.data.params["value"] for run in parts)
    assert values == sorted(str(params["value"]) for params in table["params"])
