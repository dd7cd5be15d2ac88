"""How a search shows itself: as a table, and as HTML in a notebook."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import loguniform, norm, randint, uniform
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

import sklearn_automl
from sklearn_automl import (
    ASHASearchCV,
    GridSearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)
from sklearn_automl.model_selection._display import _PAGES, in_words
from tests.fakes import ScoreIsParameter
from tests.model_selection.searches import every_search, make, small_spaces

pytestmark = small_spaces
GUIDE = Path(__file__).parents[2] / "doc" / "user_guide"


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


# ---- the table -------------------------------------------------------------------


@every_search
def test_a_frame_begins_with_parameters_and_scores(Search, data):
    pytest.importorskip("pandas")
    search = make(Search, return_train_score=True).fit(*data)
    columns = list(search.to_frame().columns)
    first = ["param_C", "mean_test_score", "std_test_score", "rank_test_score"]
    assert columns[:4] == first
    assert set(columns) == set(search.cv_results_)
    facts = ["n_resources", "n_folds", "status"]
    times = ["mean_fit_time", "split0_test_score", "mean_train_score", "error"]
    assert max(map(columns.index, facts)) < min(map(columns.index, times))


def test_a_frame_has_several_metrics_together(data):
    pytest.importorskip("pandas")
    search = make(ASHASearchCV, scoring=["f1", "recall"], refit="f1").fit(*data)
    columns = list(search.to_frame().columns)
    assert columns[1:3] == ["mean_test_f1", "mean_test_recall"]


# ---- HTML ------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in sklearn_automl.__all__ if "Search" in n])
def test_the_question_mark_leads_to_a_page_of_the_guide(name):
    Search = getattr(sklearn_automl, name)
    if not name.endswith("SearchCV"):
        pytest.skip("no search")
    link = Search(LogisticRegression(), {})._get_doc_link()
    assert link.endswith(f"/doc/user_guide/{_PAGES[name]}.rst")
    assert (GUIDE / f"{_PAGES[name]}.rst").exists()
    assert link in Search(LogisticRegression(), {"C": [1]})._repr_html_()


def test_a_class_of_a_user_has_no_page_of_ours():
    class OwnSearch(HyperbandSearchCV):
        pass

    assert OwnSearch(LogisticRegression(), {})._get_doc_link() == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (loguniform(1e-3, 1e3), "loguniform(0.001, 1000)"),
        (uniform(0, 2), "uniform(0, 2)"),
        (uniform(loc=1.5), "uniform(loc=1.5)"),
        (randint(2, 11), "randint(2, 11)"),
        (norm(), "norm()"),
        (["rbf", None, 3], "['rbf', None, 3]"),
        (np.array([1, 2]), "array([1, 2])"),
    ],
)
def test_a_distribution_is_told_as_it_was_written(value, text):
    assert in_words(value) == text


@every_search
def test_the_space_is_shown_in_words(Search):
    html = make(Search)._repr_html_()
    assert "{&#x27;C&#x27;: loguniform(0.001, 1000)}" in html


def test_spaces_of_other_kinds_are_shown_too():
    space = [{"C": [1, 2]}, {"C": loguniform(1, 2)}]
    assert "LogisticRegression" in make(ASHASearchCV, space=space)._repr_html_()


@every_search
def test_a_fitted_search_shows_what_it_found(Search, data):
    search = make(Search).fit(*data)
    html = search._repr_html_()
    assert f"C={search.best_params_['C']:.4g}" in html
    assert f"{search.best_score_:.4g}, the mean of 2 folds" in html
    assert f"{search.n_trials_} configurations: " in html
    assert "Ended by</th>" not in html
    assert search._repr_mimebundle_()["text/html"].count("the mean of 2 folds") == 1


def test_a_search_that_is_not_fitted_shows_no_results():
    assert "Ran</th>" not in make(ASHASearchCV)._repr_html_()


def test_what_was_saved_is_told_in_fits(data):
    search = make(SuccessiveHalvingSearchCV, n_iter=9, folds="all").fit(*data)
    assert search.total_resources_ == 9 * 20 + 3 * 60
    # Six of nine configurations in full were not paid for: 9 - 360 / 60.
    assert "the work of 6 of 18 fits" in search._repr_html_()
    assert "33% of a search that runs all 9 configurations" in search._repr_html_()


def test_what_a_race_has_saved_is_told_in_folds(data):
    search = GridSearchCV(ScoreIsParameter(), {"value": [i / 10 for i in range(10)]})
    html = search.fit(*data)._repr_html_()
    saved = 50 - search.total_resources_
    assert 0 < saved < 50
    assert f"the work of {saved} of 50 fits" in html


def test_without_rungs_nothing_is_saved(data):
    search = make(ASHASearchCV, resource=None).fit(*data)
    assert "Saved</th>" not in search._repr_html_()


def test_what_ended_a_search_early_is_shown(data):
    search = make(ASHASearchCV, stop_at=0.0).fit(*data)
    assert "Ended by</th>" in search._repr_html_()
    assert "stop_at" in search._repr_html_()


def test_values_are_escaped_and_cut(data):
    space = {"class_weight": [{0: 1.0, 1: 1.0, **dict.fromkeys("<&" * 40, 1.0)}]}
    search = make(ASHASearchCV, space=space, resource=None, error_score=0.0)
    search.set_params(estimator=LogisticRegression()).fit(*data)
    html = search._repr_html_()
    best = html[html.index("Best</th>") : html.index("Score</th>")]
    assert "{0: 1.0" in best
    assert "<&" not in best
    assert len(best) < 300


def test_without_a_best_there_is_what_ran(data):
    search = make(ASHASearchCV, scoring=["f1", "recall"], refit=False).fit(*data)
    html = search._repr_html_()
    assert "configurations: " in html
    assert "Best</th>" not in html
