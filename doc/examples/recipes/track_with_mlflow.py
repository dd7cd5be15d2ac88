"""
====================================================
MLflow: parameters, scores, table and model of a run
====================================================

Keep a search as a run of MLflow: the best parameters, the best score, ``cv_results_``
as a CSV file, the card of the search as an HTML file, and the refitted model. It needs
MLflow 3 and pandas. Without MLflow the search runs, and nothing is logged.
"""

from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from sklearn_automl import SuccessiveHalvingSearchCV
from sklearn_automl.inspection import to_html

try:
    import mlflow
except ImportError:
    mlflow = None


def log_search(search, experiment):
    """Log a fitted search as a run of MLflow."""
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name=type(search).__name__):
        mlflow.log_params({f"best_{k}": v for k, v in search.best_params_.items()})
        mlflow.log_params({"resource": search.resource, "cv": search.n_splits_})
        mlflow.log_metric("best_score", search.best_score_)
        mlflow.log_metric("n_configurations", search.n_trials_)
        mlflow.log_text(search.to_frame().to_csv(index=False), "cv_results.csv")
        mlflow.log_text(to_html(search), "search.html")
        mlflow.sklearn.log_model(
            search.best_estimator_, name="model", serialization_format="cloudpickle"
        )


X, y = load_digits(return_X_y=True)
X, y = X[:600], y[:600]
search = SuccessiveHalvingSearchCV(
    SVC(),
    {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-6, 1e-1)},
    n_iter=9,
    cv=3,
    random_state=0,
).fit(X, y)

if mlflow is None:
    print("MLflow is not installed, so nothing was logged: pip install mlflow")
else:
    log_search(search, "digits")

# %%
# ``mlflow ui`` shows the runs side by side, and ``mlflow.sklearn.load_model`` loads the
# model. The format "cloudpickle" takes every estimator, but load only files that you
# trust. To make a run for each evaluation, see
# :ref:`sphx_glr_auto_examples_results_log_to_mlflow.py`.
