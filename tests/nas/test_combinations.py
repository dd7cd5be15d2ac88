"""Every strategy with every space, estimation and kind of data."""

from itertools import product

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl import NASClassifier
from sklearn_automl.nas import CellSpace, ChainSpace, ModuleSpace, MultiBranchSpace
from tests.nas.own_modules import Layers
from tests.nas.supernet.shared_weights import SHAPES, data

STRATEGIES = ["random", "evolution", "bayesian", "reinforce"]
SPACES = {
    "chain": ChainSpace(n_layers=(1, 3), widths=[4, 8]),
    "multi_branch": MultiBranchSpace(n_layers=(1, 3), widths=[4, 8]),
    "cell": CellSpace(n_nodes=1, n_cells=2, width=4),
    "module": ModuleSpace(Layers, depth=[1, 2, 3], width=[4, 8]),
}
ESTIMATIONS = ["full", "hyperband", "asha", "learning_curve"]

every_combination = list(product(STRATEGIES, SPACES, ESTIMATIONS, SHAPES))

# One for each strategy and space: the other two go round, so that every pair but a few
# is there.
some_combinations = [
    (strategy, space, ESTIMATIONS[(i + j) % 4], list(SHAPES)[(i + 2 * j) % 3])
    for i, strategy in enumerate(STRATEGIES)
    for j, space in enumerate(SPACES)
]


def check(strategy, space, estimation, kind):
    X, y = data(SHAPES[kind], 30)
    model = NASClassifier(
        SPACES[space],
        strategy,
        estimation,
        n_trials=4,
        max_epochs=3,
        random_state=0,
    ).fit(X, y)
    results = model.search_results_
    assert model.stop_reason_ == "completed"
    assert model.n_trials_ == len(set(map(str, results["architecture"]))) == 4
    assert set(results["status"]) == {"completed"}
    assert np.isfinite(results["mean_test_score"]).all()
    amounts = np.array(results["n_resources"])
    assert amounts.max() == 3
    if estimation == "full":
        assert amounts.min() == 3
    elif estimation in ("hyperband", "asha"):
        assert amounts.min() == 1
    assert amounts[model.best_index_] == 3
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert set(model.predict(X)) <= {"no", "yes"}


@pytest.mark.parametrize(("strategy", "space", "estimation", "kind"), some_combinations)
def test_some_combinations(strategy, space, estimation, kind):
    check(strategy, space, estimation, kind)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "space", "estimation", "kind"),
    [c for c in every_combination if c not in some_combinations],
)
def test_all_other_combinations(strategy, space, estimation, kind):
    check(strategy, space, estimation, kind)
