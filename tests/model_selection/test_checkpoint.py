"""Searches that are kept in a file, killed, and gone on with."""

import os
import pickle
import re
import signal
import subprocess
import sys
import warnings

import joblib
import numpy as np
import pytest
from scipy.stats import randint, uniform
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import make_scorer
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_automl import (
    ASHASearchCV,
    BayesianSearchCV,
    BOHBSearchCV,
    HyperbandSearchCV,
)
from sklearn_automl.exceptions import CheckpointError, SearchWarning
from sklearn_automl.storage import Checkpoint
from tests.fakes import FailsAbove, ScoreIsParameter
from tests.full_disk import limit_file_size, no_file_grows
from tests.model_selection.searches import (
    every_kind_of_search,
    every_search,
    is_seconds,
    make,
    small_spaces,
)

pytestmark = small_spaces


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "search.db")


def table(search, with_seconds=False):
    """Return what must be equal, as text: NaN is not equal to itself."""
    return {
        k: repr(v)
        for k, v in search.cv_results_.items()
        if with_seconds or not is_seconds(k)
    }


class CountsFits(ScoreIsParameter):
    """Writes a line for each fit to a file."""

    def __init__(self, value=0.0, log=None):
        super().__init__(value)
        self.log = log

    def before_fit(self, X, y):
        with open(self.log, "a") as file:
            file.write(f"{self.value} {len(X)}\n")


def n_fits(log):
    return len(log.read_text().splitlines()) if log.exists() else 0


# ---- going on --------------------------------------------------------------------


@every_search
def test_a_finished_search_is_read_and_not_run_again(Search, data, path, tmp_path):
    log = tmp_path / "log"
    model = CountsFits(log=str(log))
    search = make(Search, model, {"value": uniform()}, checkpoint=path)
    before = table(search.fit(*data), with_seconds=True)
    n_before = n_fits(log)
    again = make(Search, model, {"value": uniform()}, checkpoint=path).fit(*data)
    assert n_fits(log) == n_before + 1  # the refit
    assert table(again, with_seconds=True) == before
    assert again.best_params_ == search.best_params_


@pytest.mark.parametrize("Search", [BOHBSearchCV, BayesianSearchCV])
def test_a_search_that_weighs_seconds_has_them_again(Search, data, path, tmp_path):
    log = tmp_path / "log"
    model = CountsFits(log=str(log))
    options = {"checkpoint": path, "acquisition": "eips"}
    search = make(Search, model, {"value": uniform()}, **options)
    before = table(search.fit(*data), with_seconds=True)
    n_before = n_fits(log)
    again = make(Search, model, {"value": uniform()}, **options).fit(*data)
    assert n_fits(log) == n_before + 1  # the refit
    assert table(again, with_seconds=True) == before


class StopsAfter(FailsAbove):
    """Raises KeyboardInterrupt at a fit whose number is in a file's length."""

    def __init__(self, value=0.0, log=None, n=5):
        super().__init__(value)
        self.log = log
        self.n = n

    def before_fit(self, X, y):
        with open(self.log, "a") as file:
            file.write("x")
        if os.path.getsize(self.log) == self.n:
            os.kill(os.getpid(), signal.SIGINT)


@every_search
@pytest.mark.parametrize("n", [5, 6, 13])
def test_an_interrupted_search_ends_as_one_that_was_not(
    Search, n, data, path, tmp_path
):
    log = tmp_path / "log"
    model = StopsAfter(log=str(log), n=n)
    search = make(Search, model, {"value": uniform()}, checkpoint=path, folds="all")
    with pytest.raises(KeyboardInterrupt):
        search.fit(*data)
    n_kept = len(search.cv_results_["params"])
    assert n_kept == (n - 1) // 2
    search.fit(*data)
    model = StopsAfter(log=str(tmp_path / "2"), n=0)
    whole = make(Search, model, search.param_distributions, folds="all").fit(*data)
    assert table(search) == table(whole)
    rows = 2 * len(whole.cv_results_["params"])
    repeated = n - 2 * n_kept  # fits of the evaluation that was running
    assert log.stat().st_size == rows + 1 + repeated


@every_kind_of_search
@pytest.mark.parametrize("n", [5, 12])
def test_folds_that_had_all_rows_are_known_after_an_interrupt(
    Search, n, data, path, tmp_path
):
    log, other = str(tmp_path / "log"), str(tmp_path / "other")
    params = {"cv": 5, "max_resources": 90}
    space = {"value": uniform()}
    search = make(Search, StopsAfter(log=log, n=n), space, checkpoint=path, **params)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*data)
    search.fit(*data)
    whole = make(Search, StopsAfter(log=other, n=0), space, **params).fit(*data)
    assert table(search) == table(whole)
    # What was not finished ran again: the fit that was interrupted, and those beside.
    assert os.path.getsize(log) <= os.path.getsize(other) + 5


@pytest.mark.workers
def test_what_goes_on_in_several_workers_is_equal(data, path):
    space = {"C": uniform(0.1, 10)}
    search = make(HyperbandSearchCV, space=space, checkpoint=path, time_limit=1e-3)
    search.fit(*data)
    n_kept = len(search.cv_results_["params"])
    search.set_params(time_limit=None, n_jobs=2).fit(*data)
    assert n_kept < len(search.cv_results_["params"])
    assert table(search) == table(make(HyperbandSearchCV, space=space).fit(*data))


@every_search
def test_a_trial_that_is_promoted_after_a_break_is_fitted_from_scratch(
    Search, data, path
):
    model = RandomForestClassifier(random_state=0)
    parameters = {"resource": "n_estimators", "min_resources": 1, "max_resources": 3}
    space = {"max_depth": [1, 2, 3, 4]}
    search = make(Search, model, space, checkpoint=path, **parameters)
    search.set_params(time_limit=0.02).fit(*data)
    search.set_params(time_limit=None).fit(*data)
    assert search.stop_reason_ == "completed"
    assert table(search) == table(make(Search, model, space, **parameters).fit(*data))


def test_a_search_without_a_seed_goes_on_with_the_one_it_had(data, path):
    search = make(ASHASearchCV, checkpoint=path, random_state=None)
    first = table(search.fit(*data), with_seconds=True)
    assert table(search.fit(*data), with_seconds=True) == first
    other = make(ASHASearchCV, random_state=None).fit(*data)
    assert table(other)["params"] != first["params"]


def test_several_metrics_and_training_scores_are_kept(data, path):
    parameters = {
        "scoring": ["accuracy", "roc_auc"],
        "refit": "roc_auc",
        "return_train_score": True,
        "checkpoint": path,
    }
    first = table(make(ASHASearchCV, **parameters).fit(*data), with_seconds=True)
    again = make(ASHASearchCV, **parameters).fit(*data)
    assert table(again, with_seconds=True) == first
    assert "mean_train_roc_auc" in first


def double(X):
    return 2 * X


class Letters:
    """Draws objects that are nothing but themselves."""

    def rvs(self, random_state=None):
        return {"letter": "abc"[random_state.randint(3)]}


@every_kind_of_search
def test_values_of_any_kind_are_found_again(Search, data, path):
    model = Pipeline(
        [("f", FunctionTransformer()), ("s", None), ("m", LogisticRegression())]
    )
    space = {
        "f__func": [double, np.abs, None],
        "f__kw_args": [None, {}],
        "s": ["passthrough", StandardScaler()],
        "m": [LogisticRegression(), RandomForestClassifier(1, random_state=0)],
        "m__class_weight": [{0: 1, 1: 2}, "balanced"],
        "m__verbose": [np.int64(0), False],
    }
    first = table(
        make(Search, model, space, checkpoint=path).fit(*data), with_seconds=True
    )
    again = make(Search, model, space, checkpoint=path).fit(*data)
    assert table(again, with_seconds=True) == first


class TakesAnything(CountsFits):
    def __init__(self, value=0.0, log=None, thing=None):
        super().__init__(value, log)
        self.thing = thing


def test_objects_that_a_distribution_draws_are_drawn_again(data, path, tmp_path):
    log = tmp_path / "log"
    model = TakesAnything(log=str(log))
    space = {"value": uniform(), "thing": Letters()}
    first = table(make(ASHASearchCV, model, space, checkpoint=path).fit(*data))
    n_before = n_fits(log)
    assert table(make(ASHASearchCV, model, space, checkpoint=path).fit(*data)) == first
    assert n_fits(log) == n_before + 1


def test_a_scorer_that_fails_now_and_then_is_kept_as_it_was(data, path):
    model = FailsAbove()
    search = make(ASHASearchCV, model, {"value": uniform()}, checkpoint=path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = table(search.fit(*data), with_seconds=True)
        assert table(search.fit(*data), with_seconds=True) == first
    assert "failed" in search.cv_results_["status"]


@pytest.mark.parametrize(
    "change",
    [{"n_jobs": 2}, {"time_limit": 100.0}, {"verbose": 1}, {"refit": False}],
    ids=str,
)
@pytest.mark.workers
def test_how_it_runs_may_change(change, data, path):
    search = make(HyperbandSearchCV, checkpoint=path).fit(*data)
    first = table(search, with_seconds=True)
    assert table(search.set_params(**change).fit(*data), with_seconds=True) == first


def test_more_configurations_are_added_to_those_that_are_there(data, path, tmp_path):
    log = tmp_path / "log"
    space = {"value": uniform()}
    parameters = {"resource": None, "checkpoint": path}
    search = make(ASHASearchCV, CountsFits(log=str(log)), space, **parameters)
    few = search.fit(*data).cv_results_["params"]
    more = search.set_params(n_iter=10).fit(*data).cv_results_["params"]
    assert more[:6] == few
    assert n_fits(log) == 2 * 10 + 2


def test_callbacks_are_told_of_what_an_earlier_run_has_evaluated(data, path):
    callback = pytest.importorskip("sklearn.callback")
    search = make(HyperbandSearchCV, checkpoint=path).fit(*data)
    search.set_callbacks(callback.ProgressBar())
    assert search.fit(*data).stop_reason_ == "completed"


def test_it_says_how_much_is_recorded(data, path, capsys):
    search = make(ASHASearchCV, checkpoint=path, verbose=1).fit(*data)
    assert "recorded" not in capsys.readouterr().out
    n = len(search.fit(*data).cv_results_["params"])
    assert f"{n} evaluations are recorded in the checkpoint" in capsys.readouterr().out


# ---- another search --------------------------------------------------------------


def refusal(search, *data, **params):
    with pytest.raises(CheckpointError, match="is of another search") as raised:
        search.fit(*data, **params)
    lines = str(raised.value).splitlines()
    return [re.split(r"[:.\[]", line)[0][2:] for line in lines if line[:2] == "- "]


CHANGES = {
    "estimator": {"estimator": LogisticRegression(fit_intercept=False)},
    "param_distributions": {"param_distributions": {"C": uniform(0, 7)}},
    "cv": {"cv": KFold(2, shuffle=True, random_state=0)},
    "scoring": {"scoring": "roc_auc"},
    "seed from random_state": {"random_state": 1},
    "factor": {"factor": 4},
    "min_resources": {"min_resources": 21},
    "sampler": {"sampler": "grid", "param_distributions": {"C": [1.0, 2.0]}},
    "initial_params": {"initial_params": [{"C": 1.0}]},
    "return_train_score": {"return_train_score": True},
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_search_is_refused_and_what_differs_is_named(name, data, path):
    search = make(ASHASearchCV, space={"C": uniform(0, 5)}, checkpoint=path).fit(*data)
    before = open(path, "rb").read()  # noqa: SIM115
    named = refusal(search.set_params(**CHANGES[name]), *data)
    assert set(named) == {name} | (set(CHANGES[name]) - {"random_state"})
    assert open(path, "rb").read() == before  # noqa: SIM115


def test_other_data_are_refused_and_named(data, path):
    X, y = data
    search = make(ASHASearchCV, checkpoint=path).fit(X, y)
    changed = X.copy()
    changed[7, 1] += 1e-9
    assert refusal(search, changed, y) == ["X"]
    assert refusal(search, X, y.astype(float)) == ["y"]
    weights = np.ones(len(y))
    named = refusal(search, X, y, sample_weight=weights)
    assert named == ["fit parameter 'sample_weight'"]


def test_another_algorithm_is_refused(data, path):
    make(ASHASearchCV, checkpoint=path).fit(*data)
    assert "algorithm" in refusal(make(HyperbandSearchCV, checkpoint=path), *data)


def test_another_version_of_scikit_learn_is_refused(data, path, monkeypatch):
    search = make(ASHASearchCV, checkpoint=path).fit(*data)
    monkeypatch.setattr("sklearn.__version__", "0.1")
    assert refusal(search, *data) == ["scikit-learn"]


def test_a_function_that_was_edited_is_another_scorer(data, path):
    def scores(sign):
        def function(y, predicted):
            return sign * np.mean(y == predicted)

        return make_scorer(function)

    search = make(ASHASearchCV, scoring=scores(1), checkpoint=path).fit(*data)
    search.set_params(scoring=scores(1)).fit(*data)
    assert refusal(search.set_params(scoring=scores(-1)), *data) == ["scoring"]


def test_a_search_that_was_refused_can_be_fitted_elsewhere(data, path):
    search = make(ASHASearchCV, checkpoint=path).fit(*data)
    refusal(search.set_params(factor=4), *data)
    search.set_params(checkpoint=path + "2").fit(*data)


def test_a_fit_that_fails_frees_the_file(data, path):
    search = make(ASHASearchCV, checkpoint=path, scoring="no such metric")
    with pytest.raises(ValueError, match="no such metric"):
        search.fit(*data)
    search.set_params(scoring=None).fit(*data)


def test_the_error_comes_before_the_first_fit(data, tmp_path):
    log = tmp_path / "log"
    model = CountsFits(log=str(log))
    path = str(tmp_path / "no such folder" / "search.db")
    search = make(ASHASearchCV, model, {"value": uniform()}, checkpoint=path)
    with pytest.raises(OSError, match="no such folder"):
        search.fit(*data)
    assert n_fits(log) == 0


# ---- reading runs nothing --------------------------------------------------------


def test_reading_a_checkpoint_unpickles_nothing(data, path, monkeypatch):
    space = {"alpha": [0.1, 1.0, 10.0], "fit_intercept": [True, False]}
    search = make(HyperbandSearchCV, Ridge(), space, checkpoint=path)
    first = table(search.fit(*data), with_seconds=True)

    def refuse(*args, **kwargs):
        raise AssertionError("code from a file could run here")

    for module, names in {
        pickle: ["load", "loads", "Unpickler"],
        joblib: ["load"],
        __import__("builtins"): ["eval", "exec"],
    }.items():
        for name in names:
            monkeypatch.setattr(module, name, refuse)
    search.set_params(refit=False).fit(*data)
    monkeypatch.undo()
    assert table(search, with_seconds=True) == first


class Marks:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.workers
def test_pickles_that_somebody_has_planted_beside_it_are_not_read(
    data, path, tmp_path, monkeypatch
):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path / "temporary"))
    model = RandomForestClassifier(random_state=0)
    search = make(
        ASHASearchCV,
        model,
        {"max_depth": randint(1, 9)},
        resource="n_estimators",
        max_resources=9,
        checkpoint=path,
    )
    search.set_params(time_limit=0.05).fit(*data)
    marker = tmp_path / "marker"
    planted = pickle.dumps(Marks(str(marker)))
    for folder in [tmp_path, tmp_path / "temporary" / "sklearn_automl-planted"]:
        folder.mkdir(parents=True, exist_ok=True)
        names = [f"model-{i}-{split}.pkl" for i in range(6) for split in range(2)]
        for name in [*names, "object", "search.pkl", "search.db.pkl"]:
            (folder / name).write_bytes(planted)
    search.set_params(time_limit=None, n_jobs=2).fit(*data)
    assert not marker.exists()
    pickle.loads(planted).close()
    assert marker.exists()  # it would have been there


# ---- kills and full disks --------------------------------------------------------


def kill_and_go_on(Search, folder, n_kills, seed):
    module = "tests.model_selection.search_killed_at_random"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            module,
            Search.__name__,
            folder,
            str(n_kills),
            str(seed),
        ],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split()[0] == str(n_kills)


@pytest.mark.workers
def test_a_killed_search_goes_on(tmp_path):
    kill_and_go_on(ASHASearchCV, tmp_path, n_kills=6, seed=0)


@pytest.mark.slow
@every_search
def test_a_search_that_is_killed_a_hundred_times_goes_on(Search, tmp_path):
    kill_and_go_on(Search, tmp_path, n_kills=100, seed=1)


class FillsTheDisk(ScoreIsParameter):
    """Lets no file of this process grow beyond what ``path`` has."""

    def __init__(self, value=0.0, path=None):
        super().__init__(value)
        self.path = path

    def before_fit(self, X, y):
        limit_file_size(os.path.getsize(self.path))


def test_a_full_disk_loses_nothing_that_was_computed(data, path):
    model = FillsTheDisk(path=path)
    search = make(ASHASearchCV, model, {"value": uniform()}, checkpoint=path)
    with pytest.warns(SearchWarning, match="could not be written"), no_file_grows():
        search.fit(*data)
    assert hasattr(search, "best_estimator_")
    with Checkpoint(path) as checkpoint:
        assert checkpoint.identity
