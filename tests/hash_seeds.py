"""All that must not depend on the hash seed of a process, computed here or elsewhere.

Run as a module it prints the results as JSON.
"""

import functools
import json
import sys
from importlib.util import find_spec

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from sklearn_automl import HyperbandSearchCV
from sklearn_automl.space import SearchSpace, When
from sklearn_automl.storage import describe
from tests.samplers import contract as samplers
from tests.storage.test_fingerprint import DIFFERENT

HAS_TORCH = find_spec("torch") is not None and find_spec("skorch") is not None


def space():
    made = SearchSpace(
        {
            "kernel": ["linear", "rbf", "poly", "sigmoid"],
            "gamma": When("kernel", {"rbf", "poly", "sigmoid"}, [0.1, 1.0, 10.0]),
            "degree": When("kernel", frozenset(["poly", "linear"]), [2, 3, 4]),
        }
    )
    rng = np.random.default_rng(0)
    vectors = [made.encode(config).tolist() for config in made]
    return [made, list(made), [made.sample(rng) for _ in range(20)], vectors]


def fingerprints():
    return [describe(value) for values in DIFFERENT.values() for value in values]


def search():
    values = {"C": [0.1, 1, 10], "fit_intercept": [True, False], "l1_ratio": [0, 0.0]}
    model = HyperbandSearchCV(LogisticRegression(max_iter=50), values, random_state=3)
    return model.fit(*load_iris(return_X_y=True)).cv_results_["params"]


def sampler(name):
    """Return a sequence of a sampler in every space where a hash could matter."""
    return [
        (where, samplers.draw(samplers.bind(name, where), samplers.n_draws(name, 30)))
        for other, where in samplers.CASES
        if other == name and where in samplers.WITH_NAMES
    ]


def strategy(name):
    """Return a sequence of a strategy in every space."""
    return [
        (where, strategies.draw(strategies.bind(name, where), 10))
        for where in strategies.SPACES
    ]


RESULTS = {"space": space, "fingerprints": fingerprints, "search": search}
RESULTS |= {f"sampler {n}": functools.partial(sampler, n) for n in samplers.SAMPLERS}
if HAS_TORCH:
    from tests.nas.strategies import contract as strategies

    RESULTS |= {
        f"strategy {n}": functools.partial(strategy, n) for n in strategies.STRATEGIES
    }

if __name__ == "__main__":
    json.dump({name: repr(result()) for name, result in RESULTS.items()}, sys.stdout)
