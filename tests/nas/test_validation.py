"""Which rows compare architectures, and the table of what came of it."""

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.model_selection import (
    GroupKFold,
    PredefinedSplit,
    ShuffleSplit,
    cross_validate,
)

pytest.importorskip("torch")
from skorch.callbacks import Callback

from sklearn_automl.exceptions import CheckpointError, SearchWarning
from sklearn_automl.nas.estimation import LowFidelity, OneShot
from sklearn_automl.nas.strategies import DARTS, Evolution
from tests.nas.tiny import tiny_classifier, tiny_regressor


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


class NoteRows(Callback):
    """Which rows each training had: their first number is their number."""

    seen: list = []

    def on_train_end(self, net, X=None, **kwargs):
        self.seen.append(set(np.asarray(X)[:, 0].astype(int).tolist()))


@pytest.fixture
def trained():
    """The rows of each training of a fit, the final one last."""

    def run(make=tiny_classifier, n=60, y=None, fit=None, **params):
        NoteRows.seen.clear()
        X = np.c_[np.arange(n), np.arange(n) % 7].astype(float)
        y = np.arange(n) % 2 if y is None else y
        params = {"n_trials": 1, "max_epochs": 1, "random_state": 0, **params}
        model = make(callbacks=[NoteRows()], **params).fit(X, y, **(fit or {}))
        return model, list(NoteRows.seen)

    return run


# ---- folds -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cv", "n"),
    [
        (3, 3),
        (ShuffleSplit(2, random_state=0), 2),
        (PredefinedSplit([0] * 10 + [-1] * 50), 1),
        ([(np.arange(30), np.arange(30, 60)), (np.arange(30, 60), np.arange(30))], 2),
    ],
)
@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_architectures_are_compared_on_all_folds(trained, make, cv, n):
    model, rows = trained(make, cv=cv)
    assert model.n_splits_ == n
    assert len(rows) == n + 1
    assert all(len(r) < 60 for r in rows[:-1])
    assert len(rows[-1]) == 60
    results = model.cv_results_
    scores = np.array([results[f"split{i}_test_score"] for i in range(n)])
    np.testing.assert_allclose(results["mean_test_score"], scores.mean(axis=0))
    np.testing.assert_allclose(results["std_test_score"], scores.std(axis=0))
    assert model.best_score_ == pytest.approx(scores[:, 0].mean())


@pytest.mark.parametrize("scheduler", ["hyperband", "asha"])
def test_subsets_of_folds(iris, scheduler):
    estimation = LowFidelity(scheduler=scheduler, resource="n_samples")
    model = tiny_classifier(
        estimation=estimation, n_trials=10, max_epochs=1, cv=3, refit=False
    )
    results = model.fit(*iris).cv_results_
    assert set(results["n_resources"]) == {11, 33, 100}
    assert np.isfinite(results["split2_test_score"]).all()


@pytest.mark.parametrize(
    "params",
    [
        {"strategy": DARTS(n_epochs=1), "search_space": "auto"},
        {"estimation": OneShot(n_epochs=1, n_best=1), "search_space": "auto"},
        {"strategy": Evolution(population_size=2, inherit_weights=True)},
    ],
)
def test_where_weights_are_shared_or_inherited_only_the_first_fold_is_used(
    iris, params
):
    X, y = iris[0][::3], iris[1][::3]
    model = tiny_classifier(n_trials=2, max_epochs=1, cv=3, **params)
    with pytest.warns(SearchWarning, match=r"Only the first of the 3 folds"):
        assert model.fit(X, y).n_splits_ == 1


def test_a_fold_without_rows_is_refused(trained):
    with pytest.raises(ValueError, match=r"Fold 0 of cv has no validation rows"):
        trained(cv=[(np.arange(60), [])])


def test_other_folds_are_another_search(iris, tmp_path):
    params = {"max_epochs": 1, "checkpoint": tmp_path / "search.db"}
    tiny_classifier(cv=3, **params).fit(*iris)
    tiny_classifier(cv=3, **params).fit(*iris)
    with pytest.raises(CheckpointError, match="folds"):
        tiny_classifier(cv=2, **params).fit(*iris)
    with pytest.raises(CheckpointError, match="sample_weight"):
        tiny_classifier(cv=3, **params).fit(*iris, np.arange(1, 151))


# ---- groups ----------------------------------------------------------------------


@pytest.mark.parametrize("cv", [None, 3, GroupKFold(3), ShuffleSplit(1)])
@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_groups_are_whole(trained, make, cv):
    groups = np.arange(60) // 4
    _, rows = trained(make, y=groups % 2, cv=cv, fit={"groups": groups})
    is_whole = [len(r) == 4 * len({groups[i] for i in r}) for r in rows[:-1]]
    # The user's splitter knows what it does.
    assert all(is_whole) == (not isinstance(cv, ShuffleSplit))
    assert len(rows[-1]) == 60


def test_a_group_of_all_labels_of_a_class_and_few_groups(trained):
    groups = np.arange(60) % 2
    _, rows = trained(y=groups, fit={"groups": groups})
    assert len(rows[0]) == 30
    with pytest.raises(ValueError, match="groups has one group, 'a'"):
        trained(fit={"groups": ["a"] * 60})


def test_patients_are_not_recognised(rng):
    labels, patients = rng.integers(0, 2, 60), np.repeat(np.arange(60), 10)
    X = np.repeat(rng.normal(size=(60, 15)), 10, axis=0)
    y = labels[patients]
    params = {"n_trials": 1, "max_epochs": 6, "refit": False}
    assert tiny_classifier(**params).fit(X, y).best_score_ > 0.95
    scores = [
        tiny_classifier(**{**params, "random_state": seed})
        .fit(X, y, groups=patients)
        .best_score_
        for seed in range(3)
    ]
    assert np.mean(scores) < 0.8


def test_groups_arrive_by_metadata_routing(iris):
    X, y = iris
    groups = np.arange(150) % 30
    model = tiny_classifier(n_trials=1, max_epochs=1, cv=GroupKFold(2))
    with sklearn.config_context(enable_metadata_routing=True):
        model.set_fit_request(groups=True)
        cross_validate(model, X, y, cv=GroupKFold(2), params={"groups": groups})
        with pytest.raises(ValueError, match="groups"):
            model.fit(X, y)


# ---- rows of the user's ----------------------------------------------------------


@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
@pytest.mark.parametrize("params", [{}, {"estimation": "hyperband", "n_trials": 4}])
def test_validation_data_is_scored_and_never_trained_on(trained, make, params):
    own_X = np.c_[np.arange(100, 120), np.arange(20) % 7]
    own = own_X, np.arange(20) % 2
    model, rows = trained(make, fit={"validation_data": own}, max_epochs=3, **params)
    assert {len(r) for r in rows} == {60}
    assert max(rows[-1]) == 59
    best = model.best_index_
    assert model.n_splits_ == 1
    assert model.cv_results_["split0_test_score"][best] == model.best_score_


def test_the_score_is_that_of_the_validation_data(iris):
    X, y = iris
    # Wrong labels there can be told from the score.
    own = X[::5], (y[::5] + 1) % 3
    model = tiny_classifier(max_epochs=5).fit(X, y, validation_data=own)
    assert model.best_score_ < 0.3
    assert model.score(X, y) > 0.8


def test_weights_of_the_validation_data(iris):
    X, y = iris
    own_y = y[::5].copy()
    own_y[:10] = (own_y[:10] + 1) % 3
    weights = np.r_[np.zeros(10), np.ones(20)]
    model = tiny_classifier(max_epochs=5, refit=False)
    plain = model.fit(X, y, validation_data=(X[::5], own_y)).best_score_
    own = model.fit(X, y, validation_data=(X[::5], own_y, weights)).best_score_
    assert own > plain + 0.2


@pytest.mark.parametrize(
    ("own", "params", "message"),
    [
        (lambda X, y: X, {}, r"validation_data must be \(X, y\)"),
        (lambda X, y: (X, y + 1), {}, "y of validation_data has the label 3"),
        (lambda X, y: (X[:, :2], y), {}, "2 features"),
        (lambda X, y: (X, y[:9]), {}, "inconsistent numbers of samples"),
        (lambda X, y: (X, np.c_[y, y]), {}, "y of validation_data has the shape"),
        (lambda X, y: (X, y), {"cv": 3}, "validation_data and cv=3"),
    ],
)
def test_validation_data_that_cannot_be_used(iris, own, params, message):
    with pytest.raises(ValueError, match=message):
        tiny_classifier(**params).fit(*iris, validation_data=own(*iris))


# ---- the table -------------------------------------------------------------------


def test_the_table_is_as_that_of_searches(iris):
    model = tiny_classifier(n_trials=8, strategy="random", max_epochs=1).fit(*iris)
    assert model.cv_results_ is model.search_results_
    assert model.best_params_ == model.cv_results_["params"][model.best_index_]
    for name, value in model.best_params_.items():
        assert model.cv_results_[f"param_{name}"][model.best_index_] == value
    widths = model.cv_results_["param_layer_2_width"]
    has_two = model.cv_results_["param_n_layers"] == 2
    np.testing.assert_array_equal(widths.mask, ~has_two.astype(bool))


def test_the_table_as_a_frame(iris):
    frame = tiny_classifier(max_epochs=1, cv=2).fit(*iris).to_frame()
    assert len(frame) == 2
    assert frame.columns[0].startswith("param_")
    names = list(frame.columns)
    assert names.index("mean_test_score") < names.index("status")
    assert names.index("status") < names.index("split1_test_score")
