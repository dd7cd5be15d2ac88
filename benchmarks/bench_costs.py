"""What expected improvement per second saves: BOHB on boosting, with and without it.

The leaves, the learning rate and more of HistGradientBoosting are searched, and the
number of trees is the resource. For each data set and search: the seconds of CPU of the
search, the accuracy on held-out rows and the leaves of the winner, as means over seeds,
and both as ratios or differences to plain BOHB with the same seed.

With ``--lcbench`` and the folder of the surrogate that ``bench_models.py`` describes,
the Gaussian process proposes 60 configurations of each data set with and without it.
For each pair: the training times that the surrogate predicts, and the lowest error
after as much time as both have had.

Run it with one thread: ``OMP_NUM_THREADS=1 python benchmarks/bench_costs.py``.
"""

import argparse
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.datasets import load_digits, make_hastie_10_2
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

# Not a package that is installed; run as a script, only this folder is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.models.ours import bind
from benchmarks.models.problems import LCBENCH_TASKS, LCBench
from sklearn_automl import BOHBSearchCV, HyperbandSearchCV
from sklearn_automl.samplers import GaussianProcessSampler, Observation

SPACE = {
    "max_leaf_nodes": randint(2, 129),
    "learning_rate": loguniform(0.01, 1),
    "min_samples_leaf": randint(2, 51),
    "l2_regularization": loguniform(1e-3, 1e2),
}


def parity_of_digits():
    """Tell odd digits from even ones."""
    X, y = load_digits(return_X_y=True)
    return X, y % 2


DATA = {
    "hastie": lambda: make_hastie_10_2(3000, random_state=0),
    "digits, odd or even": parity_of_digits,
}
SEARCHES = {
    "BOHB": lambda **options: BOHBSearchCV(**options),
    "BOHB, eips": lambda **options: BOHBSearchCV(acquisition="eips", **options),
    "BOHB rf": lambda **options: BOHBSearchCV(surrogate="rf", **options),
    "BOHB rf, eips": lambda **options: BOHBSearchCV(
        surrogate="rf", acquisition="eips", **options
    ),
    "Hyperband": lambda **options: HyperbandSearchCV(**options),
}


def run(make, X, y, seed):
    """Return the seconds of CPU, the held-out accuracy and the winner's leaves."""
    halves = train_test_split(X, y, test_size=0.4, random_state=seed)
    X_train, X_test, y_train, y_test = halves
    search = make(
        estimator=HistGradientBoostingClassifier(max_iter=60, early_stopping=False),
        param_distributions=SPACE,
        n_iterations=2,
        resource="max_iter",
        cv=3,
        random_state=seed,
    )
    began = time.process_time()
    search.fit(X_train, y_train)
    seconds = time.process_time() - began
    leaves = search.best_params_["max_leaf_nodes"]
    return seconds, search.score(X_test, y_test), leaves


def trace_on_lcbench(problem, acquisition, seed, n=60):
    """Return the predicted seconds so far and the lowest error, after each proposal."""
    rng = np.random.default_rng([seed, zlib.crc32(problem.name.encode())])
    sampler = GaussianProcessSampler(acquisition=acquisition, random_fraction=0)
    sampler = bind(sampler, problem, rng)
    seconds, losses = [], []
    for _ in range(n):
        config = sampler.ask()
        values = [52, *(config[axis.name] for axis in problem.axes)]
        inputs = {
            "x_cont": np.array([values], dtype=np.float32),
            "x_cat": np.array([[problem._code]], dtype=np.int32),
        }
        found = problem._model.run(None, inputs)[0][0]
        # The surrogate predicts times below zero now and then.
        seconds.append(max(float(found[0]), 1e-3))
        losses.append(100 - float(found[1]))
        sampler.tell(Observation(config, losses[-1], 52, seconds[-1]))
    return np.cumsum(seconds), np.minimum.accumulate(losses)


def compare_on_lcbench(folder, n_seeds):
    """Print a line for each pair, and the means."""
    ratios, differences = [], []
    for task in LCBENCH_TASKS:
        problem = LCBench(task, folder)
        for seed in range(n_seeds):
            pair = [trace_on_lcbench(problem, a, seed) for a in ("log_ei", "eips")]
            end = min(seconds[-1] for seconds, _ in pair)
            plain, eips = (losses[seconds <= end][-1] for seconds, losses in pair)
            ratios.append(pair[1][0][-1] / pair[0][0][-1])
            differences.append(eips - plain)
            print(f"{task} {seed}: {ratios[-1]:.2f} {differences[-1]:+.2f}", flush=True)
    print(f"seconds of 60: {np.exp(np.mean(np.log(ratios))):.2f} times")
    print(f"error after equal times: {np.median(differences):+.2f} (median)")


def main():
    """Print a line for each data set and search."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", nargs="*", default=list(DATA), choices=list(DATA))
    parser.add_argument("--searches", nargs="*", default=list(SEARCHES))
    parser.add_argument("--lcbench", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.lcbench:
        compare_on_lcbench(arguments.lcbench, arguments.seeds)
        return
    warnings.simplefilter("ignore")
    print(f"{'':32}    CPU  ratio  held-out  difference  leaves")
    for data in arguments.data:
        X, y = DATA[data]()
        # A warm-up: imports and the first call of compiled code.
        HistGradientBoostingClassifier(max_iter=2).fit(X, y)
        of_bohb = None
        for name in arguments.searches:
            runs = [run(SEARCHES[name], X, y, seed) for seed in range(arguments.seeds)]
            found = np.array(runs)
            of_bohb = found if of_bohb is None else of_bohb
            ratio = np.exp(np.mean(np.log(found[:, 0] / of_bohb[:, 0])))
            difference = (found[:, 1] - of_bohb[:, 1]).mean()
            seconds, score, leaves = found.mean(axis=0)
            print(
                f"{data + ', ' + name:32} {seconds:6.1f} {ratio:6.2f} {score:9.4f} "
                f"{difference:+11.4f} {leaves:7.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
