"""
====================================
Logging the evaluations with MLflow
====================================

This callback makes an MLflow run for each evaluation of a search, below a run for the
search itself. In the user interface of MLflow (``mlflow ui``), you can sort the
evaluations by score and rung, and compare their parameters.

It needs ``mlflow`` or ``mlflow-skinny``, and scikit-learn 1.9 for its callbacks. This
example is not run when these pages are made.
"""

import mlflow
from scipy.stats import loguniform
from sklearn.callback import FitCallback
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from sklearn_automl import HyperbandSearchCV

# %%
# The callback
# ============
#
# MLflow expects numbers as metrics and texts as parameters. A client makes the runs, in
# the process of the search. The callback stores only names and numbers, because copies
# of it are sent to worker processes.


class LogsToMLflow(FitCallback):
    """Make a run for each evaluation, below one for the search."""

    def __init__(self, experiment, tracking_uri=None):
        self.experiment = experiment
        self.tracking_uri = tracking_uri

    def _client(self):
        return mlflow.MlflowClient(self.tracking_uri)

    def setup(self, estimator, context):  # noqa: ARG002
        """Make the run of the search."""
        client = self._client()
        found = client.get_experiment_by_name(self.experiment)
        self.experiment_id = (
            found.experiment_id if found else client.create_experiment(self.experiment)
        )
        run = client.create_run(self.experiment_id, run_name=context.estimator_name)
        self.run_id = run.info.run_id

    def on_fit_task_end(self, estimator, context, *, metadata=None):  # noqa: ARG002
        """Make the run of an evaluation that has ended."""
        # What an earlier run has evaluated is in its experiment already.
        if context.task_name != "evaluation" or metadata["is_recorded"]:
            return
        client = self._client()
        name = f"trial {metadata['trial_id']}, rung {metadata['rung']}"
        run = client.create_run(
            self.experiment_id,
            run_name=name,
            tags={"mlflow.parentRunId": self.run_id, "status": metadata["status"]},
        )
        for key, value in metadata["params"].items():
            client.log_param(run.info.run_id, key, value)
        for key in ("score", "n_resources", "n_folds", "rung", "mean_fit_time"):
            if metadata[key] == metadata[key]:  # a failure's score is NaN
                client.log_metric(run.info.run_id, key, metadata[key])
        has_failed = metadata["status"] != "completed"
        client.set_terminated(run.info.run_id, "FAILED" if has_failed else "FINISHED")

    def teardown(self, estimator, context):  # noqa: ARG002
        """Note what the search has found, and close its run."""
        client = self._client()
        if hasattr(estimator, "best_score_"):
            client.log_metric(self.run_id, "best_score", estimator.best_score_)
            for key, value in estimator.best_params_.items():
                client.log_param(self.run_id, key, value)
        client.set_terminated(self.run_id)


# %%
# A search
# ========

if __name__ == "__main__":
    X, y = load_digits(return_X_y=True)
    search = HyperbandSearchCV(
        SVC(),
        {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-6, 1e-1)},
        random_state=0,
    )
    search.set_callbacks(LogsToMLflow("digits")).fit(X, y)
    print(search.best_params_, search.best_score_)
