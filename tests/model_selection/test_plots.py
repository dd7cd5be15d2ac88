"""How a search is asked to draw itself; what is drawn: tests/inspection."""

import inspect
import subprocess
import sys

import matplotlib.pyplot as plt
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError

from sklearn_automl import GridSearchCV, SuccessiveHalvingSearchCV
from sklearn_automl.inspection import RungsDisplay, SearchDisplay
from tests.fakes import ScoreIsParameter
from tests.model_selection.searches import SEARCHES, make


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def search():
    X, y = make_classification(n_samples=150, random_state=0)
    return make(SuccessiveHalvingSearchCV).fit(X, y)


def test_the_history_is_drawn_unless_something_else_is_named(search):
    assert isinstance(search.plot(), SearchDisplay)
    assert isinstance(search.plot("rungs"), RungsDisplay)
    assert isinstance(search.plot(kind="rungs"), RungsDisplay)


def test_options_are_those_of_the_display(search):
    _, ax = plt.subplots()
    display = search.plot("history", ax=ax, x="time")
    assert display.ax_ is ax
    assert "seconds" in ax.get_xlabel()


def test_an_unknown_kind_names_the_known_ones(search):
    with pytest.raises(ValueError, match=r"kind='tree' .*SuccessiveHalving.*'slice'"):
        search.plot("tree")


@pytest.mark.parametrize("Search", [*SEARCHES, GridSearchCV])
def test_every_search_can_be_asked(Search):
    for method in (Search.plot, Search.to_optuna):
        assert "self" in inspect.signature(method).parameters
    estimator = ScoreIsParameter()
    with pytest.raises(NotFittedError):
        Search(estimator, {"value": [0.1]}).plot()
    with pytest.raises(NotFittedError):
        Search(estimator, {"value": [0.1]}).to_optuna()


def test_to_optuna_passes_its_options_on(search):
    pytest.importorskip("optuna")
    study = search.to_optuna(study_name="mine")
    assert study.study_name == "mine"
    assert len(study.trials) == search.n_trials_
    assert study.best_value == search.best_score_


def test_the_documented_kinds_are_all_kinds(search):
    documented = [
        line.split('"')[1]
        for line in inspect.getdoc(SuccessiveHalvingSearchCV.plot).splitlines()
        if line.strip().startswith('- "')
    ]
    with pytest.raises(ValueError, match="Pass one of") as caught:
        search.plot("?")
    assert str(documented) in str(caught.value)


def test_who_does_not_draw_does_not_load_the_displays():
    code = "import sys, sklearn_automl; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    names = run.stdout.split()
    assert "sklearn_automl" in names
    assert "sklearn_automl.inspection" not in names
