"""How a search shows itself: as a table, and as HTML in a notebook."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import loguniform, norm, randint, uniform
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression

import sklearn_automl
from sklearn_automl import (
    ASHASearchCV,
    GridSearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)
from sklearn_automl.inspection import to_html
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
    assert "FastClassifier" in make(ASHASearchCV, space=space)._repr_html_()


@every_search
def test_a_fitted_search_shows_what_it_found(Search, data):
    search = make(Search).fit(*data)
    html = search._repr_html_()
    assert f"<td>{search.best_params_['C']:.4g}</td>" in html
    assert f">{search.best_score_:.4g}</div>" in html
    assert "of 2 cross-validation folds" in html
    assert f"<td>{search.n_trials_} configurations" in html
    assert "Ended by" not in html
    assert search._repr_mimebundle_()["text/html"].count('class="automl-card"') == 1


def test_the_diagram_is_below_the_card(data):
    html = make(ASHASearchCV).fit(*data)._repr_html_()
    assert html.startswith('<div class="automl-card">')
    assert html.index("best_estimator_: FastClassifier") > html.index("<svg")


def test_a_search_that_is_not_fitted_shows_no_results():
    assert "automl-card" not in make(ASHASearchCV)._repr_html_()


def test_a_copy_of_a_fitted_search_shows_no_results(data):
    search = make(ASHASearchCV).fit(*data)
    assert "automl-card" not in clone(search)._repr_html_()


def test_a_pickled_search_shows_the_same(data):
    search = make(ASHASearchCV).fit(*data)
    copied = pickle.loads(pickle.dumps(search))
    assert to_html(copied) == to_html(search)


def test_without_diagrams_there_is_only_text(data):
    search = make(ASHASearchCV).fit(*data)
    with config_context(display="text"):
        assert not hasattr(search, "_repr_html_")
        assert list(search._repr_mimebundle_()) == ["text/plain"]


def test_what_was_saved_is_told_in_fits(data):
    search = make(SuccessiveHalvingSearchCV, n_iter=9, folds="all").fit(*data)
    assert search.total_resources_ == 9 * 20 + 3 * 60
    # Six of nine configurations in full were not paid for: 9 - 360 / 60.
    assert "the work of 6 of 18 fits" in to_html(search)
    assert "33% of the cost of all 9 configurations" in to_html(search)


def test_what_a_race_has_saved_is_told_in_folds(data):
    search = GridSearchCV(ScoreIsParameter(), {"value": [i / 10 for i in range(10)]})
    html = to_html(search.fit(*data))
    saved = 50 - search.total_resources_
    assert 0 < saved < 50
    assert f"the work of {saved} of 50 fits" in html


def test_without_rungs_nothing_is_saved(data):
    assert "Saved" not in to_html(make(ASHASearchCV, resource=None).fit(*data))


def test_what_ended_a_search_early_is_shown(data):
    search = make(ASHASearchCV, stop_at=0.0).fit(*data)
    assert "a score that is good enough (stop_at)" in search._repr_html_()


def test_what_failed_is_shown(data):
    space = {"value": [0.1, 0.2, 0.3], "fails": [False, True]}
    search = GridSearchCV(SometimesFails(), space, error_score=np.nan)
    with pytest.warns(FitFailedWarning):
        search.fit(*data)
    assert "3 of 6 evaluations failed in a fit or a score" in to_html(search)


def test_a_search_of_which_everything_failed_says_why(data):
    search = GridSearchCV(SometimesFails(fails=True), {"value": [0.1, 0.2]})
    with pytest.raises(ValueError, match="All the 10 fits failed"):
        search.fit(*data)
    html = search._repr_html_()
    assert "No evaluation has a finite score." in html
    assert "ValueError: &lt;b&gt;no&lt;/b&gt; (2 times)" in html


def test_values_are_escaped_and_folded(data):
    space = {
        "class_weight": [{0: 1.0, 1: 1.0, **dict.fromkeys(("<b>", "&" * 99), 1.0)}]
    }
    search = make(ASHASearchCV, space=space, resource=None, error_score=0.0)
    search.set_params(estimator=LogisticRegression()).fit(*data)
    html = to_html(search)
    assert "<summary>{0: 1.0, 1: 1.0, &#x27;&lt;b&gt;" in html
    assert "<b>&" not in html
    assert "<b>'" not in html


def test_without_a_best_there_is_what_ran(data):
    search = make(ASHASearchCV, scoring=["f1", "recall"], refit=False).fit(*data)
    html = search._repr_html_()
    assert "configurations in" in html
    assert "Best parameters" not in html


def test_a_callable_refit_is_named(data):
    def first(table):
        return 0

    space, scoring = {"value": [0.1, 0.2]}, ["f1", "recall"]
    search = GridSearchCV(ScoreIsParameter(), space, scoring=scoring, refit=first)
    assert "The function refit=first chooses." in to_html(search.fit(*data))


class SometimesFails(ScoreIsParameter):
    def __init__(self, value=0.0, fails=False):
        super().__init__(value)
        self.fails = fails

    def fit(self, X, y):
        if self.fails:
            raise ValueError("<b>no</b>")
        return super().fit(X, y)
