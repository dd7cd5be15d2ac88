"""Imports all of the package and runs small searches; prints what came of them."""

import importlib
import importlib.util
import json
import pkgutil
import sys

import numpy as np
import sitecustomize

import sklearn_automl
from sklearn_automl import ASHASearchCV
from sklearn_automl.execution import make_executor
from tests.fakes import ScoreIsParameter, SleepsAbove

X, y = np.zeros((40, 1)), np.repeat([0, 1], 20)
VALUES = {"value": [0.1, 0.3, 0.2, 0.9]}


def import_all():
    """Import every module; return their names."""
    has_torch = all(importlib.util.find_spec(name) for name in ("torch", "skorch"))
    found = pkgutil.walk_packages(
        sklearn_automl.__path__, "sklearn_automl.", onerror=lambda name: None
    )
    names = [m.name for m in found if has_torch or ".nas" not in m.name]
    for name in names:
        importlib.import_module(name)
    return names


def search(estimator=None, **options):
    """Run a search over four values; return its scores and how they came about."""
    found = ASHASearchCV(
        ScoreIsParameter() if estimator is None else estimator,
        VALUES,
        sampler="grid",
        resource=None,
        cv=2,
        random_state=0,
        **options,
    ).fit(X, y)
    table = found.cv_results_
    return {
        "best": found.best_params_["value"],
        "statuses": sorted(table["status"].tolist()),
        "scores": sorted(table["mean_test_score"][table["status"] == "completed"]),
    }


def refusal(**options):
    try:
        search(**options)
    except ValueError as error:
        return str(error)
    return None


def refusal_without_psutil(**options):
    """Return how options are refused once the package does not find psutil."""
    sitecustomize.MODULES.add("psutil")
    return refusal(**options)


def main(checkpoint):
    executor = make_executor(2)
    executor.close()
    sys.stdout.write(
        json.dumps(
            {
                "modules": import_all(),
                "executor": type(executor).__name__,
                "one": search(n_jobs=1),
                # All at once, as the start of workers takes most of the time.
                "two": search(
                    SleepsAbove(), n_jobs=2, trial_memory_limit="2GB", trial_timeout=3
                ),
                "recorded": search(n_jobs=1, checkpoint=checkpoint),
                "again": search(n_jobs=1, checkpoint=checkpoint),
                "no psutil": refusal_without_psutil(trial_memory_limit="2GB"),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
