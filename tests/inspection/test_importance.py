import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import randint, uniform

from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.inspection import ImportanceDisplay, parameter_importances
from sklearn_automl.inspection._importance import _encoded, main_effects
from sklearn_automl.inspection._results import Results
from tests.inspection.tables import (
    columns_of,
    grown,
    halving,
    plain,
    race,
    search_of,
)

SPACE = {
    "a": uniform(-1, 3),
    "b": uniform(0, 10),
    "k": ["x", "y", "z"],
    "n": randint(1, 9),
}


def known(n=200, seed=0):
    """Return a search whose scores are a sum of known parts."""
    rng = np.random.default_rng(seed)
    configs = [
        {
            "a": float(rng.uniform(-1, 2)),
            "b": float(rng.uniform(0, 10)),
            "k": "xyz"[rng.integers(3)],
            "n": int(rng.integers(1, 9)),
        }
        for _ in range(n)
    ]
    parts = [
        c["a"] ** 2 + 0.2 * c["b"] + (c["k"] == "y") + 0.1 * c["n"] for c in configs
    ]
    table = {**columns_of(configs), "mean_test_score": np.array(parts)}
    return search_of(table, param_distributions=SPACE)


# The variances of the parts: a², 0.2 b, (k = y) and 0.1 n.
VARIANCES = {"a": 1.2, "b": 1 / 3, "k": 2 / 9, "n": 0.0525}


def test_a_sum_of_known_parts_has_the_shares_of_their_variances():
    importances = parameter_importances(known(400))
    total = sum(VARIANCES.values())
    for name, variance in VARIANCES.items():
        assert importances[name] == pytest.approx(variance / total, abs=0.06)
    assert list(importances) == ["a", "b", "k", "n"]
    assert sum(importances.values()) < 1


def test_a_product_is_explained_by_nobody_alone():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (500, 2))
    y = X[:, 0] * X[:, 1]
    effects = main_effects(X, y, np.array([[-1, 1], [-1, 1]]), 0)
    assert effects.mean(axis=0).max() < 0.15


def test_a_tree_of_one_split_is_integrated_exactly():
    # All trees split at 0.5 +- the distance of the rows, and nowhere else.
    X = np.repeat([[0.4999, 0.2], [0.5001, 0.8]], 40, axis=0)
    y = np.repeat([0.0, 1.0], 40)
    effects = main_effects(X, y, np.array([[0.0, 2.0], [0.0, 1.0]]), 0)
    # A split explains all of the variance, by whatever column it is.
    np.testing.assert_allclose(effects.sum(axis=1), 1)


def test_parameters_that_do_nothing_are_last_with_nothing():
    search = known(200)
    rng = np.random.default_rng(1)
    search.cv_results_["param_nothing"] = rng.uniform(size=200)
    for config, value in zip(
        search.cv_results_["params"], search.cv_results_["param_nothing"], strict=True
    ):
        config["nothing"] = float(value)
    importances = parameter_importances(search)
    assert importances["nothing"] < 0.03


def test_categories_count_as_much_whatever_their_order_is():
    search = known(400)
    renamed = {"x": "y", "y": "a", "z": "b"}  # the good one is first, not in the middle
    before = parameter_importances(search)["k"]
    for config in search.cv_results_["params"]:
        config["k"] = renamed[config["k"]]
    assert parameter_importances(search)["k"] == pytest.approx(before, abs=0.02)


def test_a_parameter_that_does_not_always_exist_explains_most_where_it_decides():
    rng = np.random.default_rng(0)
    configs, scores = [], []
    for _ in range(300):
        config = {"kind": ["a", "b"][rng.integers(2)]}
        if config["kind"] == "b":
            config["p"] = float(rng.uniform())
        configs.append(config)
        scores.append(config.get("p", 0.5))
    search = search_of({**columns_of(configs), "mean_test_score": np.array(scores)})
    importances = parameter_importances(search)
    assert importances["p"] > 0.5 > importances["kind"]


def test_the_seed_decides():
    search = known(40)
    first = parameter_importances(search)
    assert parameter_importances(search) == first
    assert parameter_importances(search, random_state=1) != first


def test_only_scores_with_one_amount_of_resource_are_explained():
    search = halving(30)
    # Scores of the higher rungs would be explained by nothing but the resource.
    search.cv_results_["mean_test_score"][search.cv_results_["rung"] > 0] += 100
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        importances = parameter_importances(search)
    assert sum(importances.values()) > 0.6


def test_in_a_race_all_candidates_are_explained_by_the_folds_that_all_had():
    assert parameter_importances(race(30)) == parameter_importances(plain(30))


def test_equal_scores_have_no_important_parameter():
    search = known(30)
    search.cv_results_["mean_test_score"][:] = 1.0
    assert set(parameter_importances(search).values()) == {0.0}


def test_of_few_configurations_a_warning_says_that_they_are_guesses():
    with pytest.warns(SearchWarning, match="guesses: they are based on 12 config"):
        parameter_importances(plain(12))


def test_of_too_few_configurations_there_are_none():
    with pytest.raises(ValueError, match=r"at least 4 configurations.* has 3 with"):
        parameter_importances(plain(3))


def test_bars_are_the_shares_and_the_rest_is_grey():
    display = ImportanceDisplay({"svc__C": 0.6, "svc__gamma": 0.3}).plot()
    widths = [bar.get_width() for bar in display.bars_]
    np.testing.assert_allclose(widths, [0.6, 0.3, 0.1])
    labels = [t.get_text() for t in display.ax_.get_yticklabels()]
    assert labels == ["C", "gamma", "several together"]
    colors = [bar.get_facecolor() for bar in display.bars_]
    assert colors[0] == colors[1] != colors[2]
    assert {"60%", "30%", "10%"} <= {t.get_text() for t in display.ax_.texts}


def test_less_important_parameters_are_one_bar():
    shares = {f"p{i}": 0.02 for i in range(30)} | {"a": 0.3}
    display = ImportanceDisplay(shares).plot(max_parameters=3)
    labels = [t.get_text() for t in display.ax_.get_yticklabels()]
    assert labels[0] == "a"
    assert labels[3] == "28 others, each alone"


def test_as_optunas_evaluator_on_the_same_table():
    optuna = pytest.importorskip("optuna")
    from sklearn_automl.inspection import to_optuna

    search = known(100)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    theirs = evaluator.evaluate(to_optuna(search))
    ours = parameter_importances(search)
    assert list(ours) == list(theirs)
    for name, share in theirs.items():
        assert ours[name] == pytest.approx(share, abs=0.06)


def test_the_label_says_which_amount_the_scores_had():
    display = ImportanceDisplay.from_search(halving(30))
    assert display.ax_.get_xlabel().endswith("\nwith 100 training rows")
    display = ImportanceDisplay.from_search(plain(30))
    assert display.ax_.get_xlabel().endswith("that it explains")
    display = ImportanceDisplay.from_search(race(30))
    assert display.ax_.get_xlabel().endswith("\nwith 1 fold")


def test_the_resource_is_no_bar_unless_it_is_asked_for():
    search = grown(30)
    assert "trees" not in parameter_importances(search)
    assert list(parameter_importances(search, parameters=["trees"])) == ["trees"]


def test_what_does_not_exist_has_its_share_of_the_span():
    axis = SimpleNamespace(unit=np.array([0.2, 0.8, np.nan, 0.5]), has_steps=False)
    column, (low, high) = _encoded(axis, np.arange(4), np.zeros(4))
    assert (0 - low) / (high - low) == pytest.approx(0.25)
    np.testing.assert_allclose(column, [0.2, 0.8, low / 2, 0.5])


def test_if_two_amounts_are_as_frequent_the_larger_one_is_explained():
    search = plain(10)
    amounts = search.cv_results_["n_resources"] = np.tile([100, 300], 5)
    results = Results(search, "Test")
    np.testing.assert_array_equal(results.is_comparable, amounts == 300)
