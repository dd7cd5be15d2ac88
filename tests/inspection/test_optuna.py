import sys
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm, uniform
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_automl.inspection import to_optuna
from tests.inspection.tables import (
    columns_of,
    grown,
    halving,
    plain,
    search_of,
    two_metrics,
)


def test_without_optuna_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=r"to_optuna requires optuna.*pip install"):
        to_optuna(plain())


@pytest.fixture
def optuna():
    return pytest.importorskip("optuna")


def states(study):
    names = [trial.state.name for trial in study.trials]
    return {name: names.count(name) for name in set(names)}


def test_a_trial_is_a_configuration_with_all_its_evaluations(optuna):
    study = to_optuna(halving(9, n_failed=2))
    assert states(study) == {"COMPLETE": 1, "PRUNED": 6, "FAIL": 2}
    best = study.best_trial
    assert list(best.intermediate_values) == [100, 300, 900]
    assert best.value == best.intermediate_values[900]


def test_the_best_is_the_winner(optuna):
    search = plain(30, n_failed=3)
    study = to_optuna(search)
    assert study.best_params == search.cv_results_["params"][search.best_index_]
    assert study.best_value == search.cv_results_["mean_test_score"].max(
        where=np.isfinite(search.cv_results_["mean_test_score"]), initial=-1
    )


def test_distributions_are_those_of_the_search(optuna):
    trials = to_optuna(plain(60)).trials
    found = {k: d for t in trials for k, d in t.distributions.items()}
    d = optuna.distributions
    assert found == {
        "svc__C": d.FloatDistribution(1e-3, 1e3, log=True),
        "svc__gamma": d.FloatDistribution(1e-5, 1e1, log=True),
        "svc__degree": d.IntDistribution(1, 5),
        "svc__kernel": d.CategoricalDistribution(["rbf", "linear", "poly"]),
    }


def test_what_was_not_declared_is_read_from_the_values(optuna):
    configs = [{"a": 0.001, "b": 3, "c": "x"}, {"a": 1.0, "b": 5, "c": None}]
    search = SimpleNamespace(
        cv_results_={**columns_of(configs), "mean_test_score": np.zeros(2)}
    )
    d = optuna.distributions
    assert to_optuna(search).trials[0].distributions == {
        "a": d.FloatDistribution(0.001, 1.0, log=True),
        "b": d.IntDistribution(3, 5),
        "c": d.CategoricalDistribution(["x", None]),
    }


def test_numbers_of_a_list_are_categories(optuna):
    configs = [{"a": 1}, {"a": 10}]
    search = search_of(
        {**columns_of(configs), "mean_test_score": np.zeros(2)},
        param_distributions={"a": [1, 10, 100]},
    )
    (distribution,) = to_optuna(search).trials[0].distributions.values()
    assert distribution.choices == (1, 10, 100)


def test_objects_become_their_texts(optuna):
    configs = [{"scaler": StandardScaler()}, {"scaler": MinMaxScaler(clip=True)}]
    search = search_of({**columns_of(configs), "mean_test_score": np.zeros(2)})
    values = [trial.params["scaler"] for trial in to_optuna(search).trials]
    assert values == ["StandardScaler()", "MinMaxScaler(clip=True)"]


def test_trials_are_in_the_order_in_which_they_began_with_their_lengths(optuna):
    search = halving(9)
    trials = to_optuna(search).trials
    begins = [trial.datetime_start for trial in trials]
    assert begins == sorted(begins)
    table = search.cv_results_
    own = table["trial_id"] == table["trial_id"][search.best_index_]
    (best,) = [t for t in trials if t.state.name == "COMPLETE"]
    seconds = table["end_time"][own].max() - table["start_time"][own].min()
    assert best.duration.total_seconds() == pytest.approx(seconds, abs=1e-3)


def test_the_error_and_the_rung_are_kept(optuna):
    (failed,) = [
        t for t in to_optuna(halving(9, n_failed=1)).trials if t.state.name == "FAIL"
    ]
    assert failed.user_attrs["error"] == "ValueError: no"
    assert failed.user_attrs["rung"] == 0


def test_one_of_several_metrics(optuna):
    search = two_metrics()
    study = to_optuna(search, metric="recall")
    assert study.best_value == search.cv_results_["mean_test_recall"].max()
    assert study.user_attrs["metric"] == "mean test recall"


def test_a_study_can_be_kept_in_a_file_and_loaded(optuna, tmp_path):
    pytest.importorskip("sqlalchemy")
    storage = f"sqlite:///{tmp_path / 'search.db'}"
    to_optuna(plain(5), study_name="mine", storage=storage)
    assert len(optuna.load_study(study_name="mine", storage=storage).trials) == 5


@pytest.mark.parametrize(
    "name",
    [
        "plot_optimization_history",
        "plot_intermediate_values",
        "plot_param_importances",
        "plot_slice",
        "plot_timeline",
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_plots_of_optuna_draw_it(optuna, name):
    plots = pytest.importorskip("optuna.visualization.matplotlib")
    ax = getattr(plots, name)(to_optuna(halving(27, n_failed=1, n_brackets=2)))
    assert np.ravel([ax])[0].has_data()


def study_of(values, domain, **columns):
    configs = [{"p": value} for value in values]
    table = {**columns_of(configs), "mean_test_score": np.arange(float(len(values)))}
    space = [{"p": d} for d in domain] if isinstance(domain, tuple) else {"p": domain}
    return to_optuna(search_of({**table, **columns}, param_distributions=space))


def distribution_of(*args):
    (distribution,) = {t.distributions["p"] for t in study_of(*args).trials}
    return distribution


def test_the_verbosity_of_optuna_is_as_before(optuna):
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        to_optuna(plain(3))
        assert optuna.logging.get_verbosity() == optuna.logging.ERROR
    finally:
        optuna.logging.set_verbosity(before)


def test_a_study_has_a_name_and_is_maximised(optuna):
    study = to_optuna(plain(3), study_name="mine")
    assert study.study_name == "mine"
    assert study.direction.name == "MAXIMIZE"


def test_an_endless_distribution_ends_at_its_values(optuna):
    d = optuna.distributions
    assert distribution_of([-1.5, 2.5], norm()) == d.FloatDistribution(-1.5, 2.5)


def test_a_range_in_one_alternative_and_a_list_in_another_is_that_of_the_values(optuna):
    d = optuna.distributions
    domain = (uniform(0, 10), [1.5, 9.5])
    assert distribution_of([1.5, 9.5], domain) == d.FloatDistribution(1.5, 9.5)


def test_far_apart_values_that_were_drawn_evenly_are_not_logarithmic(optuna):
    d = optuna.distributions
    expected = d.FloatDistribution(0.01, 900.01)
    assert distribution_of([0.02, 900.0], uniform(0.01, 900)) == expected


def test_equal_values_of_different_types_are_different_choices(optuna):
    choices = distribution_of([True, 1], [True, 1, 1.0]).choices
    assert [type(choice) for choice in choices] == [bool, int, float]


def test_rows_of_a_trial_are_in_the_order_of_their_amounts(optuna):
    study = study_of(
        [1, 1],
        [1],
        trial_id=np.array([0, 0]),
        bracket=np.array([0, 0]),
        n_resources=np.array([9, 3]),
        start_time=np.array([5.0, 1.0]),
        end_time=np.array([6.0, 2.0]),
        error=np.array(["", ""]),
        origin=np.array(["random", "random"]),
    )
    (trial,) = study.trials
    assert trial.value == 0.0
    assert trial.intermediate_values == {3: 1.0, 9: 0.0}
    assert trial.duration.total_seconds() == pytest.approx(5.0)
    assert trial.user_attrs == {
        "row": 0,
        "bracket": 0,
        "n_resources": 9,
        "origin": "random",
    }


def test_trials_are_in_the_order_in_which_they_began(optuna):
    study = study_of([1, 2], [1, 2], start_time=np.array([5.0, 1.0]))
    assert [trial.params["p"] for trial in study.trials] == [2, 1]


def test_a_trial_whose_last_row_failed_has_failed(optuna):
    study = study_of(
        [1, 1],
        [1],
        trial_id=np.array([0, 0]),
        n_resources=np.array([3, 9]),
        status=np.array(["completed", "failed"]),
    )
    (trial,) = study.trials
    assert trial.state.name == "FAIL"
    assert trial.intermediate_values == {3: 0.0}


def test_the_resource_is_an_attribute_and_no_parameter(optuna):
    study = to_optuna(grown())
    assert all("trees" not in trial.params for trial in study.trials)
    assert {t.user_attrs["n_resources"] for t in study.trials} == {100, 300, 900}
    assert study.user_attrs["resource"] == "trees"


@pytest.mark.filterwarnings("error")
def test_the_metric_has_its_name(optuna):
    assert to_optuna(plain(3)).metric_names == ["mean test score (accuracy)"]


def test_evaluations_with_one_amount_are_not_intermediate(optuna):
    search = halving(5, n_rungs=1)
    assert [t.intermediate_values for t in to_optuna(search).trials] == [{}] * 5


def test_of_a_traceback_the_last_line_is_kept(optuna):
    search = halving(9, n_failed=1)
    errors = search.cv_results_["error"].astype(object)
    errors[errors != ""] = "Traceback:\n  File ...\nValueError: no\n"
    search.cv_results_["error"] = errors
    errors = [t.user_attrs.get("error") for t in to_optuna(search).trials]
    assert set(errors) == {None, "ValueError: no"}


def test_the_deviation_and_the_other_metrics_are_attributes(optuna):
    search = two_metrics(5)
    table = search.cv_results_
    table["std_test_recall"] = np.array([0.1, 0.2, np.nan, 0.4, 0.5])
    attributes = [t.user_attrs for t in to_optuna(search, metric="recall").trials]
    assert [a.get("std_test_recall") for a in attributes] == [0.1, 0.2, None, 0.4, 0.5]
    accuracies = [a["mean_test_accuracy"] for a in attributes]
    assert accuracies == table["mean_test_accuracy"].tolist()
    assert not any("std_test_score" in a or "mean_test_recall" in a for a in attributes)
