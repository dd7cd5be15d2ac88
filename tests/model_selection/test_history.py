"""A search begins with what earlier ones have found, and is remembered."""

import shutil
import sqlite3
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import fbeta_score, log_loss, make_scorer
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from sklearn_automl import (
    ASHASearchCV,
    BayesianSearchCV,
    EvolutionarySearchCV,
    GridSearchCV,
    HyperbandSearchCV,
    RandomizedSearchCV,
    SuccessiveHalvingSearchCV,
)
from sklearn_automl.exceptions import HistoryError, SearchWarning
from sklearn_automl.execution import MAX_SUGGESTED, AllFolds, Resource
from sklearn_automl.model_selection import _history
from sklearn_automl.model_selection._history import Experience, Observed
from sklearn_automl.model_selection._scheduling import Plan
from sklearn_automl.samplers import (
    GridSampler,
    ModelSampler,
    RandomSampler,
    SuggestingSampler,
)
from sklearn_automl.schedulers import FullFidelity
from sklearn_automl.space import SearchSpace
from sklearn_automl.storage import TAKEN, DataFacts, SaltedDigest, SearchHistory
from tests.fakes import FastClassifier
from tests.model_selection.searches import (
    LOGISTIC,
    SPACE,
    every_kind_of_search,
    every_search,
    is_seconds,
    make,
    small_spaces,
)


def data_set(seed=0, n=130):
    return make_classification(n, 5, random_state=seed)


X, Y = data_set()
OTHER = data_set(1)


@pytest.fixture
def history(tmp_path):
    return SearchHistory(tmp_path / "history.db")


def origins(search):
    return search.cv_results_["origin"].tolist()


def from_history(search):
    results = search.cv_results_
    is_first = results["rung"] == 0
    return [
        p
        for p, o, first in zip(
            results["params"], results["origin"], is_first, strict=True
        )
        if o == "history" and first
    ]


def equal_but_for_times(a, b):
    assert a.keys() == b.keys()
    for name in a:
        if not is_seconds(name):
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)
    return True


# ---- what is remembered ------------------------------------------------------------


@every_search
def test_every_search_is_remembered_and_starts_from_others(Search, history):
    make(Search, history=history, random_state=1).fit(*OTHER)
    search = make(Search, history=history.path).fit(X, Y)
    assert len(history) == 2
    assert "history" in origins(search)
    assert set(history.to_frame()["algorithm"]) == {Search.__name__}


@pytest.mark.parametrize("Search", [GridSearchCV, RandomizedSearchCV])
def test_searches_of_a_list_are_remembered_and_change_nothing(Search, history):
    def fitted(**params):
        return Search(LogisticRegression(), {"C": [0.1, 1, 10]}, cv=2, **params).fit(
            X, Y
        )

    make(HyperbandSearchCV, history=history).fit(*OTHER)
    options = {} if Search is GridSearchCV else {"n_iter": 3, "random_state": 0}
    with_it = fitted(history=history, **options)
    assert equal_but_for_times(with_it.cv_results_, fitted(**options).cv_results_)
    assert len(history) == 2


def test_a_frame_has_a_row_for_each_evaluation(history):
    search = make(HyperbandSearchCV, history=history).fit(X, Y)
    frame = history.to_frame()
    assert len(frame) == len(search.cv_results_["params"])
    row = frame.iloc[0]
    assert (row["task"], row["n_samples"], row["n_features"]) == (
        "classification",
        130,
        5,
    )
    assert (row["scorer"], row["sign"], row["cv"]) == ("score", 1, "int, 2 folds")
    scores = search.cv_results_["mean_test_score"]
    np.testing.assert_allclose(frame["score"], scores, rtol=1e-12)
    assert [*row["params"]] == ["tests.FastClassifier:C"]


def test_the_same_search_again_is_remembered_once(history):
    for _ in range(2):
        make(HyperbandSearchCV, random_state=0, history=history).fit(X, Y)
        history.forget(older_than=timedelta(days=1))
    # The second one starts from the first, so it is another search.
    assert len(history) == 2
    grid = GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2, history=history)
    grid.fit(X, Y)
    clone(grid).fit(X, Y)
    assert len(history) == 3


def test_data_are_not_in_the_file(history, tmp_path):
    secret = X.copy()
    secret[0, 0] = 123456.789
    make(HyperbandSearchCV, history=history).fit(secret, Y)
    content = (tmp_path / "history.db").read_bytes()
    assert b"123456.789" not in content
    assert secret[0, 0].tobytes() not in content


@pytest.mark.parametrize(
    ("scoring", "sign"),
    [
        (make_scorer(log_loss, greater_is_better=False), -1),
        ({"a": make_scorer(log_loss, greater_is_better=False)}, -1),
        (make_scorer(fbeta_score, beta=1), 1),
        ("neg_log_loss", -1),
        ("accuracy", 1),
    ],
)
def test_the_sign_is_that_of_the_scorer(scoring, sign, history):
    refit = "a" if isinstance(scoring, dict) else True
    make(HyperbandSearchCV, history=history, scoring=scoring, refit=refit).fit(X, Y)
    assert set(history.to_frame()["sign"]) == {sign}


def test_digests_of_searched_objects_and_folds_are_of_one_file_only(history, tmp_path):
    space = {"svc__C": [1.0, 2.0], "scale": [StandardScaler(), MinMaxScaler()]}
    other = SearchHistory(tmp_path / "other.db")
    searched = []
    for each in (history, other):
        make(HyperbandSearchCV, pipeline("svc"), space, history=each).fit(X, Y)
        (found,) = each.find(
            ["sklearn.Pipeline", "sklearn.SVC"],
            ["sklearn.SVC:C"],
            DataFacts("classification"),
            "",
            1,
        )
        texts = {v for e in found.evaluations for v in e.values.values()}
        searched.append({t for t in texts if t.startswith("<")} | {found.folds})
    assert len(searched[0]) == len(searched[1]) > 1
    assert searched[0].isdisjoint(searched[1])


def test_a_search_whose_history_cannot_be_written_keeps_its_results(
    history, monkeypatch
):
    def fail(self, past, name):
        raise HistoryError("the disk is full")

    monkeypatch.setattr(SearchHistory, "add", fail)
    with pytest.warns(SearchWarning, match="not in its history: the disk is full"):
        search = make(HyperbandSearchCV, history=history).fit(X, Y)
    assert search.best_score_ > 0.5


@pytest.mark.parametrize("is_path", [True, False])
def test_a_search_whose_history_is_gone_at_the_end_keeps_its_results(is_path, tmp_path):
    path = tmp_path / "folder" / "history.db"
    path.parent.mkdir()
    history = path if is_path else SearchHistory(path)

    def score(estimator, X, y):
        shutil.rmtree(path.parent, ignore_errors=True)
        return estimator.score(X, y)

    search = make(HyperbandSearchCV, history=history, scoring=score)
    with pytest.warns(SearchWarning, match="not in its history.*cannot be opened"):
        search.fit(X, Y)
    assert search.predict(X).shape == Y.shape


class WithoutState:
    """An object that cannot be described."""

    @property
    def __dict__(self):
        raise RuntimeError("no state")


class Decorated(LogisticRegression):
    def __init__(self, C=1.0, extra=None):
        super().__init__(C=C)
        self.extra = extra

    def __sklearn_clone__(self):
        return Decorated(self.C, self.extra)


def test_a_parameter_that_cannot_be_described_does_not_end_a_search(history):
    search = make(HyperbandSearchCV, Decorated(extra=WithoutState()), history=history)
    with pytest.warns(SearchWarning) as caught:
        search.fit(X, Y)
    said = [str(w.message) for w in caught]
    assert any(m.startswith("Nothing was taken") and "no state" in m for m in said)
    assert any("not in its history: RuntimeError: no state" in m for m in said)
    assert search.predict(X).shape == Y.shape


def test_a_history_that_is_no_file_of_ours_is_refused_before_any_fit(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    with pytest.raises(HistoryError, match="of another program"):
        make(HyperbandSearchCV, history=path).fit(X, Y)


@every_kind_of_search
@pytest.mark.parametrize("kind", ["path", "relative", "object"])
def test_a_file_cannot_be_checkpoint_and_history(Search, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.db"
    history = {"path": str(path), "relative": "./a.db"}.get(kind)
    search = make(Search, checkpoint=path, history=history or SearchHistory(path))
    with pytest.raises(ValueError, match="checkpoint and history are the same file"):
        search.fit(X, Y)
    assert path.exists() is (kind == "object")


# ---- what is used ------------------------------------------------------------------


def test_an_empty_history_changes_nothing(history):
    with_it = make(HyperbandSearchCV, history=history).fit(X, Y)
    without = make(HyperbandSearchCV).fit(X, Y)
    assert equal_but_for_times(with_it.cv_results_, without.cv_results_)


@every_kind_of_search
@pytest.mark.parametrize("unrelated", ["estimator", "parameters", "task"])
def test_a_history_of_something_else_changes_nothing(Search, unrelated, history):
    estimator, space, y = None, SPACE, OTHER[1]
    if unrelated == "estimator":
        estimator, space = KNeighborsClassifier(), {"n_neighbors": randint(1, 9)}
    if unrelated == "parameters":
        space = {"fit_intercept": [True, False]}
    make(Search, estimator, space, history=history).fit(OTHER[0], y)
    if unrelated == "task":
        path = history.path
        with sqlite3.connect(path) as connection:
            connection.execute(
                "UPDATE searches SET facts = replace(facts, 'classification', 'other')"
            )
        connection.close()
    with_it = make(Search, history=history).fit(X, Y)
    assert equal_but_for_times(with_it.cv_results_, make(Search).fit(X, Y).cv_results_)


@pytest.mark.parametrize(
    "records",
    [
        "nonsense",
        '[[["1"],60,2,"x"]]',
        '[[["{\\"numpy\\":[\\"|i1\\",99999]}"],60,2,0.9]]',
    ],
)
def test_a_record_that_was_tampered_with_does_not_stop_a_search(records, history):
    make(HyperbandSearchCV, history=history).fit(*OTHER)
    connection = sqlite3.connect(history.path)
    with connection:
        statement = "UPDATE evaluations SET seconds = '[1]', records = ?"
        connection.execute(statement, (records,))
    connection.close()
    with pytest.warns(SearchWarning, match="cannot be read"):
        search = make(HyperbandSearchCV, history=history).fit(X, Y)
    assert search.predict(X).shape == Y.shape


def test_suggestions_come_beside_the_first_bracket(history):
    for seed in (2, 3):
        make(HyperbandSearchCV, LOGISTIC, history=history).fit(*data_set(seed))
    with_it = make(HyperbandSearchCV, LOGISTIC, history=history).fit(X, Y)
    without = make(HyperbandSearchCV, LOGISTIC).fit(X, Y)
    (n_with, _), (n_without, _) = with_it.brackets_[0][0], without.brackets_[0][0]
    assert n_with - n_without == len(from_history(with_it)) == 1  # a third of three
    drawn = [
        p
        for p, o in zip(with_it.cv_results_["params"], origins(with_it), strict=True)
        if o == "sampler"
    ]
    assert all(p in drawn for p in without.cv_results_["params"][:n_without])


def test_a_bracket_gets_a_third_more_at_most(history):
    for seed in (2, 3, 4):
        make(HyperbandSearchCV, random_state=seed, history=history).fit(*data_set(seed))
    search = SuccessiveHalvingSearchCV(
        FastClassifier(), SPACE, n_iter=5, cv=2, random_state=0
    )
    assert len(from_history(search.set_params(history=history).fit(X, Y))) == 1


def test_without_rungs_the_number_of_configurations_stays(history):
    for seed in (2, 3, 4):
        make(HyperbandSearchCV, LOGISTIC, random_state=seed, history=history).fit(
            *data_set(seed)
        )
    search = BayesianSearchCV(
        LogisticRegression(), SPACE, n_iter=9, cv=2, random_state=0, history=history
    )
    # All scores are equal, so that nothing waits.
    search.set_params(scoring=lambda *_: 1.0).fit(X, Y)
    assert origins(search)[:4] == ["history", "sampler"] * 2
    assert search.n_trials_ == 9


@pytest.mark.parametrize(("n_iter", "n_taken"), [(1, 1), (2, 1), (3, 1), (6, 3)])
def test_without_rungs_every_second_one_is_theirs(n_iter, n_taken, history):
    params = {"resource": None, "cv": 2, "history": history}
    for seed in range(3, 9):
        past = ASHASearchCV(
            LogisticRegression(), SPACE, n_iter=4, random_state=seed, **params
        )
        past.fit(*data_set(seed))
    search = ASHASearchCV(
        LogisticRegression(), SPACE, n_iter=n_iter, random_state=0, **params
    )
    # All scores are equal, so that nothing waits.
    search.set_params(scoring=lambda *_: 1.0).fit(X, Y)
    assert len(from_history(search)) == n_taken


def test_what_depends_on_the_data_is_converted(history):
    X, y = data_set(1)
    space = {"gamma": loguniform(1e-6, 1e2)}
    params = {"n_iter": 4, "resource": None, "cv": 2, "history": history}
    first = ASHASearchCV(SVC(), space, random_state=0, **params).fit(X, y)
    second = ASHASearchCV(SVC(), space, random_state=0, **params).fit(10 * X, y)
    (config,) = from_history(second)
    assert config["gamma"] == pytest.approx(first.best_params_["gamma"] / 100)


def test_initial_params_come_first(history):
    make(ASHASearchCV, history=history).fit(*OTHER)
    search = make(
        ASHASearchCV, history=history, initial_params=[{"C": 1.0}, {"C": 2.0}]
    )
    results = search.fit(X, Y).cv_results_
    first = results["origin"][results["rung"] == 0]
    assert first[:4].tolist() == ["initial", "initial", "history", "sampler"]


def test_a_column_says_where_configurations_come_from_without_a_history_too():
    search = make(ASHASearchCV, initial_params=[{"C": 1.0}]).fit(X, Y)
    assert set(origins(search)) == {"initial", "sampler"}


def pipeline(name, scaler=None):
    return Pipeline([("scale", scaler or StandardScaler()), (name, SVC())])


def test_steps_may_have_other_names(history):
    space = {"svc__C": loguniform(1e-2, 1e2), "svc__kernel": ["rbf", "linear"]}
    make(HyperbandSearchCV, pipeline("svc"), space, history=history).fit(*OTHER)
    renamed = {k.replace("svc", "clf"): v for k, v in space.items()}
    search = make(HyperbandSearchCV, pipeline("clf"), renamed, history=history)
    assert from_history(search.fit(X, Y))


def test_another_class_is_another_estimator(history):
    space = {"svc__C": loguniform(1e-2, 1e2)}
    make(HyperbandSearchCV, pipeline("svc"), space, history=history).fit(*OTHER)
    other = pipeline("svc", MinMaxScaler())
    search = make(HyperbandSearchCV, other, space, history=history).fit(X, Y)
    assert not from_history(search)


def test_a_step_that_is_searched_is_found_by_what_it_is(history):
    space = {
        "svc__C": loguniform(1e-2, 1e2),
        "scale": [StandardScaler(), MinMaxScaler(), "passthrough"],
    }
    for seed in range(2, 5):
        make(HyperbandSearchCV, pipeline("svc"), space, history=history).fit(
            *data_set(seed)
        )
    search = make(EvolutionarySearchCV, pipeline("svc"), space, history=history)
    assert from_history(search.fit(X, Y))


# ---- the same data -----------------------------------------------------------------


def bayesian(space=SPACE, estimator=None, **params):
    return BayesianSearchCV(
        estimator or LogisticRegression(), space, n_iter=4, cv=2, **params
    )


def searched_before(history, Search=HyperbandSearchCV):
    options = {"n_iter": 20} if Search is ASHASearchCV else {}
    return Search(
        LogisticRegression(), SPACE, cv=2, random_state=3, history=history, **options
    ).fit(X, Y)


@pytest.mark.parametrize("Search", [HyperbandSearchCV, ASHASearchCV])
def test_a_model_knows_what_was_evaluated_on_the_same_data(Search, history):
    first = searched_before(history, Search)
    search = bayesian(random_state=0, history=history).fit(X, Y)
    # Without them it would draw an initial design of six.
    assert search.sampler_.n_proposals["initial design"] == 0
    assert search.sampler_.n_proposals["history"] == 1
    best = search.cv_results_["params"][0]["C"]
    assert best == pytest.approx(first.best_params_["C"], rel=1e-9)


class ToldSampler(ModelSampler):
    """Notes what it is told."""

    def start(self):
        super().start()
        self.told = []

    def tell(self, observation):
        self.told.append(observation)

    def propose(self, resource):
        raise NotImplementedError


def test_a_model_is_told_that_the_best_of_the_past_has_the_lowest_loss():
    space = SearchSpace({"x": uniform()})
    sampler = ToldSampler().bind(space, np.random.default_rng(0))
    folds = AllFolds(2, 9)
    plan = Plan(Resource(), folds, sampler, FullFidelity(sampler, 4, 9), None)
    observed = [Observed([s], None, 2, score=s, seconds=1.0) for s in (0.5, 0.9, 0.7)]
    search = SimpleNamespace(resource=None)
    data = SimpleNamespace(folds=SimpleNamespace(smallest_train=9))
    Experience(space, observed=observed).begin(search, plan, data)
    assert len(sampler.told) == 3
    best = min(sampler.told, key=lambda observation: observation.loss)
    assert best.config["x"] == pytest.approx(0.9)


def test_a_wider_space_knows_them_too(history):
    searched_before(history)
    wider = {"C": loguniform(1e-4, 1e4), "fit_intercept": [True, False]}
    search = bayesian(wider, random_state=0, history=history).fit(X, Y)
    assert search.sampler_.n_proposals["initial design"] == 0
    assert search.cv_results_["params"][0]["fit_intercept"] is True


@pytest.mark.parametrize(
    "differs", ["scoring", "estimator", "data", "y", "sample_weight"]
)
def test_what_is_not_comparable_is_no_observation(differs, history):
    searched_before(history)
    params = {"scoring": "neg_log_loss"} if differs == "scoring" else {}
    estimator = LogisticRegression(fit_intercept=differs != "estimator")
    data = (X + 1, Y) if differs == "data" else (X, 1 - Y if differs == "y" else Y)
    search = bayesian(estimator=estimator, random_state=0, history=history, **params)
    fit = {"sample_weight": np.ones(130)} if differs == "sample_weight" else {}
    n_drawn = search.fit(*data, **fit).sampler_.n_proposals["initial design"]
    # Other data give one configuration, and the same data every second one.
    assert n_drawn == (2 if differs == "estimator" else 3)
    assert from_history(search)


SPLITTERS = {
    "equal folds": StratifiedKFold(2),
    "random folds": KFold(2, shuffle=True, random_state=0),
    "smaller training sets": ShuffleSplit(2, train_size=0.3, random_state=0),
    "other rows": [(np.arange(65), np.arange(65, 130)), (np.arange(9, 99), np.r_[:9])],
}


@pytest.mark.parametrize("kind", SPLITTERS)
def test_only_scores_of_equal_folds_are_observations(kind, history):
    searched_before(history)
    search = bayesian(random_state=0, history=history).set_params(cv=SPLITTERS[kind])
    n_drawn = search.fit(X, Y).sampler_.n_proposals["initial design"]
    assert n_drawn == (0 if kind == "equal folds" else 2)
    assert from_history(search)


def test_scorers_are_told_apart_by_what_they_compute(history):
    def scored(beta):
        scorer = make_scorer(fbeta_score, beta=beta)
        search = bayesian(random_state=0, history=history, scoring=scorer)
        return search.set_params(n_iter=12).fit(X, Y).sampler_.n_proposals

    scored(1)
    assert scored(2)["initial design"] > 0
    assert scored(2)["initial design"] == 0


def test_a_search_of_several_metrics_is_known_by_the_one_that_decides(history):
    options = {"cv": 2, "random_state": 0, "history": history, "n_iter": 12}
    BayesianSearchCV(
        LogisticRegression(),
        SPACE,
        scoring=["accuracy", "roc_auc"],
        refit="roc_auc",
        **options,
    ).fit(X, Y)
    assert set(history.to_frame()["scorer"]) == {"roc_auc"}
    search = BayesianSearchCV(LogisticRegression(), SPACE, scoring="roc_auc", **options)
    assert search.fit(X, Y).sampler_.n_proposals["initial design"] == 0


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_failed_evaluations_are_remembered_as_such(history):
    space = {"C": [-1.0, 0.5, 1.0, 2.0]}
    make(HyperbandSearchCV, space=space, history=history).fit(*OTHER)
    frame = history.to_frame()
    is_bad = frame["params"].map(lambda p: "-1.0" in p.values())
    assert frame.loc[is_bad, "score"].isna().all()
    assert frame.loc[~is_bad, "score"].notna().all()
    search = make(HyperbandSearchCV, space=space, history=history, error_score=0)
    assert from_history(search.fit(X, Y))[0]["C"] > 0


def test_others_start_from_the_best_of_the_same_data(history):
    first = make(ASHASearchCV, history=history).fit(X, Y)
    for seed in (2, 3):
        make(ASHASearchCV, history=history).fit(*data_set(seed))
    search = make(ASHASearchCV, random_state=7, history=history).fit(X, Y)
    assert from_history(search)[0]["C"] == pytest.approx(first.best_params_["C"])


# ---- the parameter -----------------------------------------------------------------


def test_a_clone_has_the_same_file(history):
    search = clone(make(HyperbandSearchCV, history=history))
    assert search.get_params()["history"].path == history.path


def test_a_search_goes_on_with_what_it_had_taken(history, tmp_path):
    def search(**params):
        return make(
            ASHASearchCV, history=history, checkpoint=tmp_path / "c.db", **params
        )

    make(ASHASearchCV, history=history).fit(*OTHER)
    begun = search(time_limit=1e-9).fit(X, Y)
    assert begun.stop_reason_ == "time_limit"
    # Meanwhile, others have found something else.
    for seed in (5, 6, 7):
        make(ASHASearchCV, history=history).fit(*data_set(seed))
    ended = search().fit(X, Y)
    alone = SearchHistory(tmp_path / "alone.db")
    make(ASHASearchCV, history=alone).fit(*OTHER)
    whole = make(ASHASearchCV, history=alone).fit(X, Y)
    assert equal_but_for_times(ended.cv_results_, whole.cv_results_)


def test_a_search_that_goes_on_replaces_what_it_left_before(history, tmp_path):
    for n_iter in (3, 5, 7):
        search = make(
            ASHASearchCV, n_iter=n_iter, history=history, checkpoint=tmp_path / "c.db"
        ).fit(X, Y)
    assert len(history) == 1
    assert len(history.to_frame()) == len(search.cv_results_["params"])
    make(
        ASHASearchCV, random_state=1, history=history, checkpoint=tmp_path / "d.db"
    ).fit(X, Y)
    assert len(history) == 2


def test_a_checkpoint_without_a_history_goes_on_without_one(history, tmp_path):
    make(ASHASearchCV, history=history).fit(*OTHER)
    path = tmp_path / "c.db"
    plain = make(ASHASearchCV, checkpoint=path).fit(X, Y)
    again = make(ASHASearchCV, checkpoint=path, history=history).fit(X, Y)
    assert equal_but_for_times(plain.cv_results_, again.cv_results_)


# ---- what is compared, and how much is taken: without a search -------------------


DIGEST = SaltedDigest("salt")


def asking(**params):
    params = {"scoring": None, "refit": True, "promotion_metric": None, **params}
    return SimpleNamespace(**params)


def test_of_several_metrics_without_one_that_decides_the_first_in_the_alphabet_counts():
    for scoring in (["b", "a"], {"b", "a"}, ("a", "b")):
        assert _history._scorer_of(asking(scoring=scoring), DIGEST) == "a"
    search = asking(scoring=["b", "a"], refit="b")
    assert _history._scorer_of(search, DIGEST) == "b"


def both_scores(estimator, X, y):
    return {"a": 0.0, "b": 1.0}


def test_the_metrics_of_one_function_are_told_apart():
    texts = {
        _history._scorer_of(asking(scoring=both_scores, refit=refit), DIGEST)
        for refit in ("a", "b", False)
    }
    assert len(texts) == 3


def test_the_sign_is_that_of_the_metric_that_decides():
    loss = make_scorer(log_loss, greater_is_better=False)
    scoring = {"accuracy": "accuracy", "loss": loss}
    for refit, sign in (("loss", -1), ("accuracy", 1), (False, 1)):
        search = asking(scoring=scoring, refit=refit)
        scorer = _history._scorer_of(search, DIGEST)
        assert _history._sign_of(search, scorer) == sign


@pytest.mark.parametrize(
    ("resource", "shown", "amount"),
    [
        ("n_samples", 89, 89),
        ("n_samples", 90, None),
        (None, 90, None),
        ("n_folds", 3, None),
        ("n_estimators", 90, 90),
    ],
)
def test_all_rows_are_the_same_amount_in_every_search(resource, shown, amount):
    data = SimpleNamespace(folds=SimpleNamespace(smallest_train=90))
    plan = SimpleNamespace(n_resources=lambda r: r)
    search = SimpleNamespace(resource=resource)
    assert _history._amount(search, plan, data, shown) == amount


def test_what_fit_is_given_has_no_order():
    def digest_of(**params):
        return _history._fit_parameters(SimpleNamespace(params=params), DIGEST)

    assert digest_of() == {}
    assert digest_of(a=1, b=2) == digest_of(b=2, a=1) != digest_of(a=2, b=1)


@pytest.mark.parametrize(
    ("estimator", "task"),
    [
        (LogisticRegression(), "classification"),
        (Ridge(), "regression"),
        (StandardScaler(), "other"),
    ],
)
def test_the_task_is_that_of_the_estimator(estimator, task):
    data = SimpleNamespace(X=X, y=Y)
    facts = _history._facts_of(SimpleNamespace(estimator=estimator), data)
    assert facts.task == task


def reader(**parts):
    made = object.__new__(_history._Reader)
    vars(made).update(
        _fingerprint="data",
        _scorer="accuracy",
        _search=SimpleNamespace(resource="n_samples"),
        _fit_parameters={"fit": "weights"},
        **parts,
    )
    return made


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({}, True),
        ({"folds": "others"}, True),
        ({"fixed": {"fit": "weights", "max_iter": "9"}}, True),
        ({"fingerprint": "other data"}, False),
        ({"scorer": "roc_auc"}, False),
        ({"resource": "max_iter"}, False),
        ({"fixed": {}}, False),
    ],
)
def test_which_search_has_looked_for_the_same(change, is_same):
    past = {"fingerprint": "data", "scorer": "accuracy", "resource": "data"}
    past = SimpleNamespace(**{**past, "fixed": {"fit": "weights"}, **change})
    assert reader()._is_same(past) is is_same


def test_what_is_known_for_certain_is_a_score_of_the_same_in_the_same_folds():
    def evaluation(score, is_same=True):
        past = SimpleNamespace(amount=None, n_folds=2, score=score, seconds=1.0)
        return past, SimpleNamespace(config={"x": 0.5}, is_same=is_same)

    def observed(*evaluations, folds="these"):
        past = SimpleNamespace(folds=folds, evaluations=evaluations)
        translated = SimpleNamespace(
            translated=lambda same: [(p, *e) for p in same for e in p.evaluations]
        )
        space = SearchSpace({"x": uniform()})
        found = reader(_folds="these", _space=space, _reader=translated)
        return [o.score for o in found._observed([past])]

    assert observed(evaluation(0.5), evaluation(0.7)) == [0.5, 0.7]
    assert observed(evaluation(None), evaluation(0.7, is_same=False)) == []
    assert observed(evaluation(0.5), folds="others") == []
    many = [evaluation(float(i)) for i in range(251)]
    assert observed(*many) == [float(i) for i in range(250)]


class Leading(SuggestingSampler):
    """Has enough to suggest, and notes how many it may keep."""

    def __init__(self):
        pass

    def keep(self, most):
        self.most = most
        return most


@pytest.mark.parametrize(
    ("n_first", "has_room", "n_left", "kept", "wider"),
    [
        (9, True, np.inf, 3, 3),
        (9, False, np.inf, 4, 4),
        (1, True, np.inf, 1, 1),
        (9, True, 2, 3, 2),
        (9, True, -4, 3, 0),
        (None, True, np.inf, MAX_SUGGESTED, MAX_SUGGESTED),
    ],
)
def test_how_many_are_suggested_and_get_room(n_first, has_room, n_left, kept, wider):
    leading, widened = Leading(), []
    scheduler = SimpleNamespace(
        sampler=leading, has_room=has_room, n_planned=20, widen=widened.append
    )
    sampler = SimpleNamespace(space=SimpleNamespace(size=20 + n_left))
    rungs = [] if n_first is None else [[(n_first, 1)]]
    plan = SimpleNamespace(scheduler=scheduler, sampler=sampler, rungs=rungs)
    Experience(None).begin(None, plan, None)
    assert leading.most == kept
    assert widened == [wider]


def test_a_grid_takes_no_suggestions():
    space = SearchSpace({"x": [1, 2]})
    experience = Experience(space, suggested=[space.encode({"x": 1}).tolist()])
    rng = np.random.default_rng(0)
    grid, drawn = (S().bind(space, rng) for S in (GridSampler, RandomSampler))
    assert experience.lead(grid) is grid
    assert isinstance(experience.lead(drawn), SuggestingSampler)
    assert Experience(space).lead(drawn) is drawn


def test_a_checkpoint_has_what_was_taken():
    space = SearchSpace({"x": uniform()})
    observed = [Observed([0.5], 60, 2, score=0.7, seconds=1.0)]
    assert Experience(space).text is None
    for taken in (
        Experience(space, [[0.25]]),
        Experience(space, [], observed),
        Experience(space, [[0.25]], observed),
    ):
        checkpoint = SimpleNamespace(identity={TAKEN: taken.text})
        again = _history.recall(None, space, None, object(), checkpoint)
        assert (again.suggested, again.observed) == (taken.suggested, taken.observed)


def test_a_space_of_which_a_part_has_no_numbers_takes_nothing(monkeypatch):
    def read(*_):
        raise AssertionError

    monkeypatch.setattr(_history, "read_history", read)
    space = object.__new__(SearchSpace)
    columns = [
        SimpleNamespace(domain=SimpleNamespace(is_encodable=is_encodable))
        for is_encodable in (True, False)
    ]
    monkeypatch.setattr(SearchSpace, "columns", columns, raising=False)
    monkeypatch.setattr(SearchSpace, "names", ["a", "b"], raising=False)
    taken = _history.recall(None, space, None, object(), None)
    assert (taken.suggested, taken.observed) == ([], [])


def test_all_of_the_data_is_one_kind_of_resource():
    kinds = [
        _history._kind_of(SimpleNamespace(resource=resource))
        for resource in (None, "n_samples", "n_folds", "max_iter")
    ]
    assert kinds == ["data", "data", "data", "max_iter"]


def test_a_model_that_is_told_needs_the_best_suggestion_only():
    space = SearchSpace({"x": uniform()})
    model = ToldSampler().bind(space, np.random.default_rng(0))
    leading = Leading()
    plan = SimpleNamespace(
        rungs=[[(9, 9)]],
        sampler=model,
        folds=AllFolds(2, 9),
        n_resources=lambda r: r,
        scheduler=SimpleNamespace(
            sampler=leading, has_room=True, n_planned=9, widen=lambda n: None
        ),
    )
    data = SimpleNamespace(folds=SimpleNamespace(smallest_train=9))
    search = SimpleNamespace(resource=None)
    for n_folds, kept in ((2, 1), (3, 3)):  # these folds, and others
        observed = [Observed([0.5], None, n_folds, score=0.7, seconds=1.0)]
        Experience(space, observed=observed).begin(search, plan, data)
        assert leading.most == kept
    assert [(o.loss, o.resource) for o in model.told] == [(-0.7, 9)]


@small_spaces
def test_a_history_makes_no_bracket_wider_than_the_space(history):
    space = {"C": [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]}
    for seed in (2, 3, 4):
        make(ASHASearchCV, LOGISTIC, space, random_state=seed, history=history).fit(
            *data_set(seed)
        )
    search = SuccessiveHalvingSearchCV(
        LOGISTIC, space, n_iter=6, cv=2, random_state=0, history=history
    ).fit(X, Y)
    assert search.brackets_[0][0][0] == search.n_trials_ == 6
