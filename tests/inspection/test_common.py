"""What every display does, with every search that has its columns."""

import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)

import sklearn_automl
from sklearn_automl import inspection
from sklearn_automl.inspection import ArchitecturesDisplay, draw
from tests.fakes import FastClassifier
from tests.inspection.tables import halving, networks, plain, search_of, two_metrics
from tests.model_selection.searches import SEARCHES, make

DISPLAYS = {
    name: getattr(inspection, name)
    for name in inspection.__all__
    if name.endswith("Display")
}
KINDS = {
    "history": "SearchDisplay",
    "rungs": "RungsDisplay",
    "learning_curves": "LearningCurvesDisplay",
    "parallel_coordinates": "ParallelCoordinatesDisplay",
    "slice": "SliceDisplay",
    "contour": "ContourDisplay",
    "importance": "ImportanceDisplay",
    "rung_agreement": "RungAgreementDisplay",
    "timeline": "TimelineDisplay",
    "pareto_front": "ParetoFrontDisplay",
    "architectures": "ArchitecturesDisplay",
}
# What a table with a row for each candidate cannot show.
NEEDS_RUNGS = {"rungs", "rung_agreement"}
NEEDS_EVALUATIONS = {*NEEDS_RUNGS, "timeline"}

every_display = pytest.mark.parametrize("name", sorted(DISPLAYS))


def search_for(name):
    """Return a fake search that a display can draw."""
    if name == "ArchitecturesDisplay":
        return networks()
    return two_metrics() if name == "ParetoFrontDisplay" else halving(27)


def test_every_display_has_a_kind():
    assert set(KINDS.values()) == set(DISPLAYS)


# ---- the contract ----------------------------------------------------------------


@every_display
def test_draws_on_the_axes_that_it_gets(name):
    figure, (ax, other) = plt.subplots(1, 2)
    display = DISPLAYS[name].from_search(search_for(name), ax=ax)
    assert isinstance(display, DISPLAYS[name])
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert not other.has_data()


@every_display
def test_makes_a_figure_and_leaves_it_open(name):
    display = DISPLAYS[name].from_search(search_for(name))
    assert plt.get_fignums() == [display.figure_.number]


@every_display
def test_plot_draws_again_and_returns_the_display(name):
    display = DISPLAYS[name].from_search(search_for(name))
    first = display.figure_
    _, ax = plt.subplots()
    assert display.plot(ax=ax) is display
    assert display.ax_ is ax
    assert display.figure_ is not first


@every_display
def test_every_axis_with_numbers_has_a_name(name):
    display = DISPLAYS[name].from_search(search_for(name))
    axes = getattr(display, "axes_", [display.ax_])
    drawn = [ax for ax in axes if ax.axison]
    if name not in {"ParallelCoordinatesDisplay", "RungsDisplay"}:
        assert all(ax.get_xlabel() for ax in drawn)
    if name not in {
        "ImportanceDisplay",
        "ParallelCoordinatesDisplay",
        "RungAgreementDisplay",
    }:
        assert drawn[0].get_ylabel()


@every_display
def test_legends_do_not_cover_data(name):
    display = DISPLAYS[name].from_search(search_for(name))
    display.figure_.canvas.draw()
    for ax in display.figure_.axes:
        if ax.get_legend() is not None:
            legend, data = ax.get_legend().get_window_extent(), ax.bbox
            assert legend.x0 >= data.x1 - 1 or legend.y0 >= data.y1 - 1


@every_display
def test_a_search_that_is_not_fitted_is_refused(name):
    search = sklearn_automl.ASHASearchCV(LogisticRegression(), {"C": [1.0]})
    with pytest.raises(NotFittedError, match=rf"{name} needs a fitted search.*ASHA"):
        DISPLAYS[name].from_search(search)


@every_display
def test_without_matplotlib_scikit_learns_error_is_raised(name, monkeypatch):
    search = search_for(name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = rf"{name}.from_search requires matplotlib. You can install matplotlib with"
    with pytest.raises(ImportError, match=text):
        DISPLAYS[name].from_search(search)


@every_display
@pytest.mark.parametrize("n", [4, 60])
def test_few_and_many_configurations_with_failures(name, n):
    if name == "ArchitecturesDisplay":
        search = networks(n, n_failed=1)
    else:
        search = halving(n, n_failed=1, n_brackets=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "ImportanceDisplay" and n == 4:
            search = plain(6, n_failed=1)
        display = DISPLAYS[name].from_search(search)
    display.figure_.canvas.draw()


@every_display
def test_where_all_have_failed_the_error_says_so_or_the_failures_are_drawn(name):
    search = networks(5, n_failed=5) if name == "ArchitecturesDisplay" else plain(5, 5)
    if name in {"SearchDisplay", "SliceDisplay", "ArchitecturesDisplay"}:
        display = DISPLAYS[name].from_search(search)
        assert display.failures_ is not None
    elif name == "ParetoFrontDisplay":
        assert not len(DISPLAYS[name].from_search(search).front_)
    else:
        with pytest.raises(ValueError, match=f"{name} needs|no evaluation"):
            DISPLAYS[name].from_search(search)


@every_display
def test_long_names_stay_inside_of_the_figure(name):
    search = search_for(name)
    prefix = "columntransformer__numerical__histgradientboostingclassifier"
    table = search.cv_results_
    for key in [k for k in table if k.startswith("param_")]:
        table[key.replace("svc", prefix)] = table.pop(key)
    table["params"] = [
        {k.replace("svc", prefix): v for k, v in p.items()} for p in table["params"]
    ]
    display = DISPLAYS[name].from_search(search)
    display.figure_.canvas.draw()
    for ax in display.figure_.axes:
        box = ax.get_tightbbox()
        assert box is None or box.x0 > -2 or display.figure_.get_layout_engine() is None


# ---- real searches ---------------------------------------------------------------


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=150, random_state=0)


SPACE = {
    "C": loguniform(1e-3, 1e3),
    "class_weight": [None, "balanced"],
    "fit_intercept": [True, False],
}
GRID = {**SPACE, "C": [0.01, 0.1, 1.0, 10.0]}
MODEL = FastClassifier()
THEIRS = {
    "GridSearchCV": GridSearchCV(MODEL, GRID, cv=2),
    "RandomizedSearchCV": RandomizedSearchCV(MODEL, SPACE, cv=2, random_state=0),
    "HalvingGridSearchCV": HalvingGridSearchCV(
        MODEL, GRID, cv=2, min_resources=20, random_state=0
    ),
    "HalvingRandomSearchCV": HalvingRandomSearchCV(
        MODEL, SPACE, n_candidates=9, cv=2, min_resources=20, random_state=0
    ),
}
OURS_OF_CANDIDATES = {
    "GridSearchCV": sklearn_automl.GridSearchCV(MODEL, GRID, cv=2),
    "RandomizedSearchCV": sklearn_automl.RandomizedSearchCV(
        MODEL, SPACE, cv=2, random_state=0
    ),
}


def check_kinds(search, missing=()):
    """Draw every kind; those that lack a column say so."""
    for kind in KINDS:
        if kind == "architectures":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if kind in missing:
                with pytest.raises(ValueError, match="Display needs the column"):
                    draw(search, kind)
            else:
                assert type(draw(search, kind)).__name__ == KINDS[kind]
        plt.close("all")


@pytest.mark.parametrize("Search", SEARCHES)
def test_every_search_of_evaluations_is_drawn(Search, data):
    search = make(Search, MODEL, SPACE)
    if "n_iter" in search.get_params():
        search.set_params(n_iter=9)
    check_kinds(search.fit(*data))


@pytest.mark.parametrize("name", sorted(OURS_OF_CANDIDATES))
def test_our_searches_of_candidates_are_drawn(name, data):
    search = OURS_OF_CANDIDATES[name].fit(*data)
    missing = set(NEEDS_EVALUATIONS)
    if "n_folds" not in search.cv_results_:
        missing.add("learning_curves")
    check_kinds(search, missing)


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_searches_of_scikit_learn_are_drawn(name, data):
    search = THEIRS[name].fit(*data)
    if "Halving" in name:
        check_kinds(search, {"timeline"})
    else:
        check_kinds(search, {*NEEDS_EVALUATIONS, "learning_curves"})


def test_networks_are_drawn(data):
    pytest.importorskip("torch")
    pytest.importorskip("skorch")
    from tests.nas.tiny import tiny_classifier

    X, y = data
    search = tiny_classifier(n_trials=5, max_epochs=2, refit=False)
    search.fit(X.astype(np.float32), y)
    for kind in ("history", "architectures", "timeline", "slice", "pareto_front"):
        options = {}
        if kind == "pareto_front":
            options["metrics"] = ["n_parameters", "score"]
        assert type(search.plot(kind, **options)).__name__ == KINDS[kind]
    display = ArchitecturesDisplay.from_search(search)
    # The reference is the first trial, and its score is known to the search.
    assert display.scores[display.reference] == pytest.approx(search.reference_score_)


# ---- errors ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(NEEDS_EVALUATIONS))
def test_a_missing_column_is_named_with_the_search_and_what_to_do(kind):
    with pytest.raises(ValueError, match=r"column '(rung|start_time)'") as caught:
        draw(plain(), kind)
    text = str(caught.value)
    assert "SimpleNamespace does not have" in text
    assert "such as" in text


def test_an_unknown_kind_names_those_that_there_are():
    with pytest.raises(ValueError, match=r"kind='curve' .*'learning_curves'"):
        draw(plain(), "curve")
    with pytest.raises(ValueError, match="kind='architectures'"):
        draw(plain(), "architectures")


def test_an_unknown_metric_names_those_that_there_are():
    with pytest.raises(ValueError, match=r"metric='f1'.*'accuracy', 'recall'"):
        draw(two_metrics(), "history", metric="f1")


def test_of_several_metrics_without_refit_one_must_be_named():
    search = two_metrics()
    search.refit = False
    with pytest.raises(ValueError, match=r"several metrics.*Pass metric="):
        draw(search, "history")
    label = draw(search, "history", metric="recall").ax_.get_ylabel()
    assert label == "mean test recall"


def test_an_empty_table_is_refused():
    with pytest.raises(ValueError, match="cv_results_ of SimpleNamespace has no rows"):
        draw(search_of({"mean_test_score": np.array([])}), "history")
