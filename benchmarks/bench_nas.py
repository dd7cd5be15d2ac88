"""Architecture search: accuracy on rows that no search has seen, and CPU seconds.

The parts are

mnist1d
    Sequences: 4,000 rows of MNIST-1D (Greydanus and Kobak, 2024), tested on 1,000
    others. Install the package ``mnist1d``, which makes them.
digits
    scikit-learn's digits as images of 8 x 8, three quarters of them; tested on the
    rest.
digits-flat
    The same as 64 numbers.
mnist1d-lean
    MNIST-1D, and strategies that share weights, in cells as those of NAS-Bench-201.
mnist1d-cells
    The same in cells as those of DARTS.
digits-cells
    The same on images of digits.

Each line of a table is a mean over seeds. The split and the search have the same seed.
Everything runs in one process with one thread, so that CPU seconds compare the work:
search, and training of what was found on all rows, together.

Run ``OMP_NUM_THREADS=1 python benchmarks/bench_nas.py`` from the root of the
repository, with the names of some parts or with none for all. Runs are remembered in
``--results``; ``--table`` only prints.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

# Not a package that is installed; run as a script, only this folder is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sklearn_automl import NASClassifier
from sklearn_automl.nas import CellSpace, ChainSpace, MultiBranchSpace
from sklearn_automl.nas.estimation import OneShot
from sklearn_automl.nas.strategies import DARTS

Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Make = Callable[[int], BaseEstimator]


def mnist1d(seed: int) -> Data:
    """Return training rows, their labels, and those of the test."""
    from mnist1d.data import get_dataset_args, make_dataset

    arguments = get_dataset_args()
    arguments.seed = 42 + seed
    data = make_dataset(arguments)
    X, X_test = data["x"][:, None, :], data["x_test"][:, None, :]
    return X, X_test, data["y"], data["y_test"]


def digits(seed: int) -> Data:
    """Return the digits as images."""
    X, X_test, y, y_test = digits_flat(seed)
    return X.reshape(-1, 1, 8, 8), X_test.reshape(-1, 1, 8, 8), y, y_test


def digits_flat(seed: int) -> Data:
    """Return the digits as rows of 64 numbers."""
    X, y = load_digits(return_X_y=True)
    split = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=seed)
    return tuple(split)


def as_rows(X: np.ndarray) -> np.ndarray:
    """Return sequences or images as rows of numbers."""
    return X.reshape(len(X), -1)


def flat(*steps: BaseEstimator) -> BaseEstimator:
    """Return a pipeline that sees sequences and images as rows of numbers."""
    return make_pipeline(FunctionTransformer(as_rows), *steps)


class _Drawn:
    """A space without a reference: its first architecture is drawn too."""

    def reference(self) -> None:
        """Return None, for no reference."""


class DrawnChain(_Drawn, ChainSpace):
    """Chains."""


class DrawnCell(_Drawn, CellSpace):
    """Cells."""


def nas(search_space: Any = "chain", **options: Any) -> Make:
    """Return what makes a search with one seed."""
    return lambda seed: NASClassifier(search_space, random_state=seed, **options)


_MNIST1D = {"max_epochs": 15, "batch_size": 64}
_DIGITS = {"max_epochs": 30, "batch_size": 64}
_CELL = CellSpace(n_nodes=2, width=8)
_BRANCHES = MultiBranchSpace(n_layers=(2, 5))

_LEAN = CellSpace(
    width=8,
    widening=1,
    edges="all",
    heads=["max"],
    operations=[
        "none",
        "identity",
        "max_pool_3",
        "avg_pool_3",
        "conv_3",
        "conv_5",
        "sep_conv_5",
        "dil_conv_3",
    ],
)
_TWO_EDGES = CellSpace(
    n_nodes=2, n_cells=2, width=8, heads=["max"], operations=_LEAN.operations
)
# In trainings as short as these, and with 8 channels, weights need large steps.
_SHORT = {"max_epochs": 12, "batch_size": 64, "lr": 0.02}
# As it is in the paper, but for the learning rate of alphas.
_PLAIN = {
    "optimizer": "sgd",
    "warm_up": 0.0,
    "max_skips": None,
    "channel_share": 1,
}


def sharing(space: CellSpace, n_random: tuple[int, ...], **options: Any) -> dict:
    """Return strategies that share weights, and random cells beside them."""

    def make(strategy: Any, **own: Any) -> Make:
        return nas(space, strategy=strategy, **options, **own)

    drawn = DrawnCell(**space.get_params(deep=False))
    return {
        "the reference": make("random", n_trials=1),
        "one random cell": nas(drawn, strategy="random", n_trials=1, **options),
        **{f"random, {n} cells": make("random", n_trials=n) for n in n_random},
        "DARTS, defaults": make("darts"),
        "first order, plain": make(DARTS(n_epochs=10, **_PLAIN)),
        "second order, plain": make(DARTS(order=2, n_epochs=5, **_PLAIN)),
        "whole channels": make(DARTS(channel_share=1)),
        "auxiliary skip": make(DARTS(auxiliary_skip=True)),
        "perturbed": make(DARTS(perturbation=0.3)),
        "DrNAS": make(DARTS(sampler="dirichlet")),
        "GDAS": make(DARTS(sampler="gumbel", channel_share=1)),
        "RSWS": make("random_ws"),
        "ENAS": make("enas"),
        "evolution, one-shot": make(
            "evolution", estimation=OneShot(n_best=2), n_trials=100
        ),
    }


PARTS: dict[str, tuple[Callable[[int], Data], dict[str, Make]]] = {
    "mnist1d": (
        mnist1d,
        {
            "SVC": lambda _: flat(StandardScaler(), SVC(C=10)),
            "random forest": lambda seed: flat(
                RandomForestClassifier(300, random_state=seed)
            ),
            "the reference": nas(strategy="random", n_trials=1, **_MNIST1D),
            "one random chain": nas(
                DrawnChain(), strategy="random", n_trials=1, **_MNIST1D
            ),
            "random, 14 trials": nas(strategy="random", n_trials=14, **_MNIST1D),
            "random, 28 trials": nas(strategy="random", n_trials=28, **_MNIST1D),
            "random, 42 trials": nas(strategy="random", n_trials=42, **_MNIST1D),
            "random, ASHA": nas(
                strategy="random", estimation="asha", n_trials=30, **_MNIST1D
            ),
            "random, Hyperband": nas(
                strategy="random", estimation="hyperband", n_trials=30, **_MNIST1D
            ),
            "evolution, ASHA": nas(
                strategy="evolution", estimation="asha", n_trials=30, **_MNIST1D
            ),
            "evolution, in full": nas(strategy="evolution", n_trials=24, **_MNIST1D),
            "Bayesian, ASHA": nas(
                strategy="bayesian", estimation="asha", n_trials=30, **_MNIST1D
            ),
            "Bayesian, in full": nas(strategy="bayesian", n_trials=20, **_MNIST1D),
            "REINFORCE, ASHA": nas(
                strategy="reinforce", estimation="asha", n_trials=30, **_MNIST1D
            ),
            "evolution, curves": nas(
                strategy="evolution",
                estimation="learning_curve",
                n_trials=30,
                **_MNIST1D,
            ),
        },
    ),
    "digits": (
        digits,
        {
            "SVC": lambda _: flat(SVC(C=10, gamma=0.256)),
            "the reference": nas(strategy="random", n_trials=1, **_DIGITS),
            "one random chain": nas(
                DrawnChain(), strategy="random", n_trials=1, **_DIGITS
            ),
            "one random cell": nas(
                DrawnCell(n_nodes=2, width=8),
                strategy="random",
                n_trials=1,
                **_DIGITS,
            ),
            "random, 8 trials": nas(strategy="random", n_trials=8, **_DIGITS),
            "evolution, ASHA": nas(
                strategy="evolution", estimation="asha", n_trials=30, **_DIGITS
            ),
            "Bayesian, ASHA": nas(
                strategy="bayesian", estimation="asha", n_trials=30, **_DIGITS
            ),
            "evolution, ASHA, branches": nas(
                _BRANCHES,
                strategy="evolution",
                estimation="asha",
                n_trials=30,
                **_DIGITS,
            ),
            "evolution, ASHA, cells": nas(
                _CELL, strategy="evolution", estimation="asha", n_trials=16, **_DIGITS
            ),
        },
    ),
    "digits-flat": (
        digits_flat,
        {
            "MLPClassifier": lambda seed: flat(
                StandardScaler(), MLPClassifier(random_state=seed)
            ),
            "the reference": nas(strategy="random", n_trials=1, **_DIGITS),
            "one random chain": nas(
                DrawnChain(), strategy="random", n_trials=1, **_DIGITS
            ),
            "random, 8 trials": nas(strategy="random", n_trials=8, **_DIGITS),
            "evolution, ASHA": nas(
                strategy="evolution", estimation="asha", n_trials=30, **_DIGITS
            ),
            "Bayesian, ASHA": nas(
                strategy="bayesian", estimation="asha", n_trials=30, **_DIGITS
            ),
        },
    ),
    "mnist1d-lean": (mnist1d, sharing(_LEAN, (4, 8), **_SHORT)),
    "mnist1d-cells": (mnist1d, sharing(_TWO_EDGES, (3, 5), **_SHORT)),
    "digits-cells": (digits, sharing(CellSpace(n_nodes=2), (3, 5), **_DIGITS)),
}


def run(part: str, method: str, seed: int) -> dict[str, Any]:
    """Return what one search has given."""
    load, methods = PARTS[part]
    X, X_test, y, y_test = load(seed)
    estimator = methods[method](seed)
    began = time.process_time()
    estimator.fit(X, y)
    result = {"part": part, "method": method, "seed": seed}
    result["seconds"] = time.process_time() - began
    result["accuracy"] = float(estimator.score(X_test, y_test))
    if isinstance(estimator, NASClassifier):
        module = estimator.best_estimator_.module_
        result["parameters"] = sum(p.numel() for p in module.parameters())
        # One thread: seconds of the search are those of the processor.
        seconds = estimator.search_time_, estimator.refit_time_
        result["search"] = result["seconds"] * seconds[0] / sum(seconds)
        decisions = estimator.search_results_["params"][estimator.best_index_]
        result["skips"] = list(decisions.values()).count("identity")
    return result


def known(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the runs that were made before."""
    if path.exists():
        for line in path.read_text().splitlines():
            yield json.loads(line)


def mean(runs: list[dict[str, Any]], name: str, form: str) -> str:
    """Return a mean as text, empty where there is nothing."""
    values = [run[name] for run in runs if name in run]
    return format(float(np.mean(values)), form) if values else ""


def table(part: str, runs: list[dict[str, Any]]) -> str:
    """Return the table of a part."""
    lines = [
        "| method | seeds | accuracy | lowest | CPU seconds | of search | parameters | "
        "skips |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for method in PARTS[part][1]:
        own = [r for r in runs if r["part"] == part and r["method"] == method]
        if own:
            accuracies = [r["accuracy"] for r in own]
            seconds = np.mean([r["seconds"] for r in own])
            cells = [
                method,
                str(len(own)),
                f"{np.mean(accuracies):.4f}",
                f"{min(accuracies):.4f}",
                f"{seconds:.0f}",
                mean(own, "search", ",.0f"),
                mean(own, "parameters", ",.0f"),
                mean(own, "skips", ".1f"),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--methods", nargs="*", help="run some only")
    parser.add_argument(
        "--results", type=Path, default=Path(__file__).with_name("results")
    )
    parser.add_argument("--table", action="store_true", help="run nothing")
    arguments = parser.parse_args()
    arguments.results.mkdir(exist_ok=True)
    path = arguments.results / "nas.jsonl"
    for part in arguments.parts or PARTS:
        if part not in PARTS:
            parser.error(f"{part!r} is none of {', '.join(PARTS)}")
        done = {(r["part"], r["method"], r["seed"]) for r in known(path)}
        for seed in range(0 if arguments.table else arguments.seeds):
            for method in arguments.methods or PARTS[part][1]:
                if method in PARTS[part][1] and (part, method, seed) not in done:
                    result = run(part, method, seed)
                    print(result, file=sys.stderr)
                    with open(path, "a") as file:
                        file.write(json.dumps(result) + "\n")
        print(f"\n### {part}\n\n{table(part, list(known(path)))}")


if __name__ == "__main__":
    main()
