"""The card of a finished search, as HTML."""

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_automl.inspection import to_html
from sklearn_automl.inspection._card_curve import _thinned, _ticks
from tests.inspection.tables import halving, networks, plain, search_of, two_metrics

VOID = {"wbr", "br", "path", "circle"}
NASTY = "<script>alert('x')</script>\"&"


class Page(HTMLParser):
    """The elements of a page; raises where they do not fit into each other."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.rows = {}
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "th":
            self.rows[""] = ""

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append(dict(attrs))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "th":
            self._name = self.rows.pop("")
            self.rows[self._name] = ""

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.texts.append(data)
        if "th" in self.open:
            self.rows[""] += data
        elif "td" in self.open:
            self.rows[self._name] += data

    @property
    def text(self):
        return " ".join(self.texts)


def page_of(search):
    return Page(to_html(search))


def with_scores(scores, **attributes):
    """Return a search with these scores, of one parameter."""
    n = len(scores)
    search = plain(n, **attributes)
    for name in ("split0_test_score", "split1_test_score", "mean_test_score"):
        search.cv_results_[name] = np.array(scores, dtype=float)
    search.best_index_ = int(np.argmax(scores))
    return search


SEARCHES = {
    "plain": plain(),
    "one row": plain(1),
    "failures": plain(12, 4),
    "nothing but failures": plain(5, 5),
    "halving": halving(9, 2),
    "brackets": halving(9, n_brackets=3),
    "metrics": two_metrics(),
    "networks": networks(),
    "equal scores": with_scores([0.5] * 4),
    "zeros": with_scores([0.0] * 4),
    "huge scores": with_scores([1e308, -1e308, 0.0]),
    "tiny differences": with_scores([1 - 1e-12, 1.0, 1 - 2e-12]),
    "tiny scores": with_scores([5e-324, 1e-310, 0.0]),
    "negative scores": with_scores([-3e5, -1e7, -2.5e5]),
}
every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


# ---- HTML ------------------------------------------------------------------------


@every_search
def test_elements_fit_into_each_other(search):
    assert page_of(search).tags.count("style") == 1


@every_search
def test_nothing_is_loaded_or_run_and_no_ids_are_used(search):
    page = page_of(search)
    assert not {"script", "img", "link", "iframe", "a"} & set(page.tags)
    names = {name for attributes in page.attributes for name in attributes}
    assert names <= {
        "class",
        "viewbox",
        "role",
        "aria-label",
        "aria-hidden",
        "d",
        "hidden",
        "x",
    } | {
        "y",
        "cx",
        "cy",
        "r",
        "text-anchor",
        "scope",
    }
    assert "url(" not in to_html(search)
    assert "@import" not in to_html(search)


@every_search
def test_coordinates_are_finite_and_inside_the_picture(search):
    html = to_html(search)
    assert "nan" not in html.lower().replace("nan_", "")
    for attributes in page_of(search).attributes:
        for name in ("x", "y", "cx", "cy"):
            if name in attributes:
                assert -1 <= float(attributes[name]) <= 341


def test_values_names_and_errors_are_escaped():
    search = halving(4, n_failed=2, scoring=NASTY)
    table = search.cv_results_
    table["error"] = np.array([NASTY if e else "" for e in table["error"]], object)
    table["params"] = [{NASTY: NASTY} for _ in table["params"]]
    html = to_html(search)
    assert "<script" not in html
    page = Page(html)
    assert page.rows[NASTY] == NASTY
    assert NASTY in page.rows["Failures"]
    assert NASTY in page.text


def test_a_metric_is_escaped_in_the_curve():
    search = two_metrics()
    table = search.cv_results_
    table[f"mean_test_{NASTY}"] = table.pop("mean_test_accuracy")
    search.refit = NASTY
    assert "<script" not in to_html(search)


def test_a_text_that_no_file_can_hold_is_replaced():
    search = plain(3)
    search.cv_results_["params"] = [{"x": "\ud800"}] * 3
    assert to_html(search).encode("utf-8")


def test_text_has_the_colour_of_the_page():
    (style,) = re.findall("<style>(.*)</style>", to_html(plain()))
    assert re.findall(r"[ ;{]color: (\w+)", style) == ["inherit"] * style.count(
        " color:"
    )
    assert "div.automl-card.automl-card {" in style


def test_thousands_of_evaluations_take_little_room():
    search = halving(30, n_failed=10)
    table, n = search.cv_results_, 300
    for name, column in table.items():
        table[name] = column * n if isinstance(column, list) else np.tile(column, n)
    rng = np.random.default_rng(0)
    table["trial_id"] = np.arange(len(table["status"]))
    table["end_time"] = rng.uniform(0, 100, len(table["status"]))
    table["mean_test_score"] = rng.uniform(0, 1, len(table["status"]))
    assert len(table["status"]) > 10_000
    assert 15_000 < len(to_html(search)) < 50_000


def test_long_values_are_folded_and_cut():
    search = plain(3)
    search.cv_results_["params"] = [{"x": "y" * 50_000}] * 3
    html = to_html(search)
    assert len(html) < 15_000
    assert f"<summary>{'y' * 59}…</summary>" in html


@pytest.mark.parametrize(("n", "is_folded"), [(60, False), (61, True)])
def test_a_value_of_sixty_characters_is_not_folded(n, is_folded):
    search = plain(3)
    search.cv_results_["params"] = [{"x": "y" * n}] * 3
    page = page_of(search)
    assert ("details" in page.tags) == is_folded
    assert "y" * n in page.text


def test_a_text_is_cut_at_a_thousand_characters():
    search = plain(3)
    search.cv_results_["params"] = [{"x": "y" * 1000, "z": "z" * 1001}] * 3
    page = page_of(search)
    assert "y" * 1000 in page.texts
    assert "z" * 999 + "…" in page.texts


def test_the_summary_of_a_long_value_is_escaped():
    search = plain(3)
    search.cv_results_["params"] = [{"x": NASTY + "y" * 60}] * 3
    assert "<script" not in to_html(search)


def test_sixty_parameters_are_all_there():
    search = plain(3)
    search.cv_results_["params"] = [{f"p{i}": i for i in range(60)}] * 3
    page = page_of(search)
    assert "p59" in page.rows
    assert "…" not in page.rows


def test_many_parameters_are_folded():
    search = plain(3)
    search.cv_results_["params"] = [{f"p{i}": i for i in range(100)}] * 3
    page = page_of(search)
    assert "94 other parameters" in page.texts
    assert page.rows["…"] == "40 more in best_params_"
    assert "p59" in page.rows
    assert "p60" not in page.rows


@pytest.mark.parametrize(("n", "is_folded"), [(1, False), (8, False), (9, True)])
def test_few_parameters_are_not_folded(n, is_folded):
    search = plain(3)
    search.cv_results_["params"] = [{f"p{i}": i for i in range(n)}] * 3
    page = page_of(search)
    assert ("details" in page.tags) == is_folded
    assert {f"p{i}" for i in range(n)} <= set(page.rows)


# ---- what it says ----------------------------------------------------------------


def test_an_unfitted_search_is_refused():
    with pytest.raises(NotFittedError, match="to_html needs a fitted search"):
        to_html(SimpleNamespace())


def test_the_winner_is_said():
    search = plain(6, scoring="accuracy")
    page, row = page_of(search), search.best_index_
    assert f"{search.cv_results_['mean_test_score'][row]:.4g}" in page.texts
    expected = "mean accuracy of 2 cross-validation folds (standard deviation 0.01)"
    assert expected in page.texts
    best = search.cv_results_["params"][row]
    assert page.rows["svc__C"] == f"{best['svc__C']:.4g}"
    assert page.rows["svc__kernel"] == best["svc__kernel"]


def test_a_winner_with_less_than_everything_says_so():
    search = halving(9, n_rungs=2, max_resources_=900, n_splits_=5)
    text = (
        "mean accuracy of 1 of 5 cross-validation folds, with 300 of 900 training rows"
    )
    assert text in page_of(search).texts


def test_a_winner_with_everything_says_nothing_of_its_amount():
    search = halving(9, max_resources_=900, n_splits_=1)
    assert "accuracy of one validation set" in page_of(search).texts


def test_one_fold_of_several_has_no_deviation():
    search = halving(9, max_resources_=900, n_splits_=5)
    search.cv_results_["std_test_score"] = np.zeros(13)
    assert "mean accuracy of 1 of 5 cross-validation folds" in page_of(search).texts


def accuracy_and_recall():
    """Stand for a scorer of several metrics."""


def test_of_a_scorer_of_several_metrics_the_metric_is_named():
    search = two_metrics()
    search.scoring = accuracy_and_recall
    assert "accuracy of one validation set" in page_of(search).texts


def test_a_scorer_of_one_metric_is_named():
    search = plain(4, scoring=accuracy_and_recall)
    assert "mean score by accuracy_and_recall of 2 cross-validation" in (
        page_of(search).text
    )


def test_other_metrics_of_the_winner_are_said():
    search = two_metrics()
    recall = search.cv_results_["mean_test_recall"][search.best_index_]
    assert page_of(search).rows["Other metrics"] == f"recall {recall:.4g}"


def test_without_a_winner_the_best_of_each_metric_is_said():
    search = two_metrics()
    search.refit = False
    del search.best_index_
    page, table = page_of(search), search.cv_results_
    assert page.rows["Best scores"] == (
        f"accuracy {table['mean_test_accuracy'].max():.4g}, "
        f"recall {table['mean_test_recall'].max():.4g}"
    )
    assert "circle" not in page.tags
    assert {"Winner", "none", "accuracy"} <= set(page.texts)
    assert "The search has several metrics, and refit=False chooses by none." in (
        page.texts
    )
    assert "winner" not in page.texts
    assert page.rows["Time"].endswith("no final fit (refit=False)")


def least_accurate(table):
    return int(np.argmin(table["mean_test_accuracy"]))


def test_a_function_that_chooses_is_named():
    search = two_metrics()
    search.refit = least_accurate
    search.best_index_ = row = least_accurate(search.cv_results_)
    page = page_of(search)
    assert f"row {row} of cv_results_" in page.texts
    assert "The function refit=least_accurate chooses." in page.text
    assert "circle" in page.tags


def test_without_any_result_there_is_no_curve():
    page = page_of(plain(5, 5))
    assert "No evaluation has a finite score." in page.texts
    assert "svg" not in page.tags


def test_scores_that_no_picture_can_hold_have_no_curve():
    assert "svg" not in page_of(SEARCHES["huge scores"]).tags


def test_what_ran_is_said():
    page = page_of(halving(9))
    assert page.rows["Ran"] == "9 configurations in 13 evaluations"
    assert page.rows["Rungs"] == (
        "9 with 100 training rows on 1 fold → 3 with 300 training rows on 1 fold → "
        "1 with 900 training rows on 1 fold"
    )


def test_brackets_are_folded():
    rungs = page_of(halving(9, n_brackets=3)).rows["Rungs"]
    assert rungs.startswith("3 brackets9 with 100 training rows")


def test_many_brackets_are_cut():
    search = halving(9)
    search.cv_results_["bracket"] = np.arange(len(search.cv_results_["bracket"]))
    assert page_of(search).rows["Rungs"].endswith("and 1 more bracket")


def test_what_was_saved_is_said():
    search = halving(9, total_resources_=2700, max_resources_=900, n_splits_=5)
    text = "67% of the cost of all 9 configurations in full: the work of 30 of 45 fits"
    assert page_of(search).rows["Saved"] == text


@pytest.mark.parametrize("total", [8100, 9000])
def test_what_was_not_saved_is_not_said(total):
    search = halving(9, total_resources_=total, max_resources_=900, n_splits_=5)
    assert "Saved" not in page_of(search).rows


def test_times_are_said():
    search = plain(2, refit_time_=0.25)
    search.cv_results_["mean_fit_time"] = np.array([100.0, 50.0])
    search.cv_results_["mean_score_time"] = np.array([1.0, 1.0])
    # Two folds each.
    text = "5 min of fits and scores in all workers, 0.25 s for the final fit"
    assert page_of(search).rows["Time"] == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "0.25 s"),
        (12.3, "12 s"),
        (119.0, "119 s"),
        (120.0, "2 min"),
        (7100.0, "118 min"),
        (7200.0, "2.0 h"),
    ],
)
def test_times_are_told_as_one_reads_them(seconds, text):
    rows = page_of(plain(2, refit_time_=seconds)).rows
    assert rows["Time"].endswith(f", {text} for the final fit")


def test_a_search_ended_with_its_last_evaluation():
    search = halving(9)
    search.cv_results_["end_time"] = np.linspace(60, 30, 13)
    assert page_of(search).rows["Time"].startswith("60 s for the search")


def test_a_search_that_names_its_metric_has_a_final_fit():
    search = plain(2, refit="")
    assert "no final fit" not in page_of(search).rows["Time"]


def test_one_row_of_each_configuration_is_as_many_evaluations():
    assert page_of(plain(4)).rows["Ran"] == "4 configurations"
    assert page_of(plain(1)).rows["Ran"] == "1 configuration"


def test_one_configuration_saves_nothing():
    search = plain(1, total_resources_=300, max_resources_=900, n_splits_=5)
    search.resource = "n_samples"
    assert "Saved" not in page_of(search).rows


def test_what_a_race_over_folds_saved_is_counted_in_folds():
    search = plain(9, total_resources_=18, max_resources_=4, n_splits_=5)
    search.resource = "n_folds"
    text = "50% of the cost of all 9 configurations in full: the work of 18 of 36 fits"
    assert page_of(search).rows["Saved"] == text


def test_rungs_of_a_race_are_told_in_folds():
    search = plain(9, brackets_=[[(9, 1), (3, 5)]], n_splits_=5)
    search.resource = "n_folds"
    assert page_of(search).rows["Rungs"] == "9 with 1 fold → 3 with 5 folds"


def test_brackets_are_told_in_their_order():
    search = halving(9, n_brackets=2, n_rungs=2)
    table = search.cv_results_
    for name, column in table.items():
        table[name] = column[::-1]
    search.best_index_ = len(table["status"]) - 1 - search.best_index_
    first, second = re.findall(r"(\d+) with (\d+)", page_of(search).rows["Rungs"])[:2]
    assert (first, second) == (("9", "100"), ("3", "300"))


def test_twelve_brackets_are_not_cut():
    search = halving(9)
    table = search.cv_results_
    table["bracket"] = np.minimum(np.arange(len(table["bracket"])), 11)
    rungs = page_of(search).rows["Rungs"]
    assert rungs.startswith("12 brackets")
    assert "more bracket" not in rungs


def test_the_best_of_each_metric_had_all_of_the_resource():
    search = two_metrics()
    search.refit = False
    del search.best_index_
    n = len(search.cv_results_["params"])
    search.cv_results_["n_resources"] = np.where(np.arange(n) < 5, 900, 100)
    search.cv_results_["mean_test_recall"][5:] += 1.0
    table = search.cv_results_
    assert page_of(search).rows["Best scores"] == (
        f"accuracy {table['mean_test_accuracy'][:5].max():.4g}, "
        f"recall {table['mean_test_recall'][:5].max():.4g}"
    )


def test_without_any_score_no_metric_has_a_best_one():
    search = two_metrics()
    search.refit = False
    del search.best_index_
    for name in ("accuracy", "recall"):
        search.cv_results_[f"mean_test_{name}"][:] = np.nan
    page = page_of(search)
    assert "No evaluation has a finite score." in page.texts
    assert "Best scores" not in page.rows


def test_the_most_frequent_message_comes_first():
    search = halving(4, n_failed=4, n_rungs=1)
    search.cv_results_["error"] = np.array(["rare", "often", "often", "often"])
    text = page_of(search).rows["Failures"]
    assert text.index("often (3 times)") < text.index("rare")


def test_folds_of_earlier_rungs_in_any_order_are_counted_once():
    search = plain(3)
    search.cv_results_ |= {
        "trial_id": np.array([0, 1, 0]),
        "n_resources": np.array([50, 50, 50]),
        "n_folds": np.array([4, 1, 1]),
        "mean_fit_time": np.array([10.0, 10.0, 10.0]),
        "mean_score_time": np.zeros(3),
    }
    assert page_of(search).rows["Time"].startswith("50 s of fits")


def test_folds_as_the_resource_are_counted_once():
    search = plain(3)
    search.cv_results_ |= {
        "trial_id": np.array([0, 1, 0]),
        "n_resources": np.array([1, 1, 4]),
        "n_folds": np.array([1, 1, 4]),
        "mean_fit_time": np.array([10.0, 10.0, 10.0]),
        "mean_score_time": np.zeros(3),
    }
    assert page_of(search).rows["Time"].startswith("50 s of fits")


def test_folds_that_were_kept_are_counted_once():
    search = plain(3)
    search.cv_results_ |= {
        "trial_id": np.array([0, 1, 0]),
        "n_resources": np.array([50, 50, 50]),
        "n_folds": np.array([1, 1, 4]),
        "mean_fit_time": np.array([10.0, 10.0, 10.0]),
        "mean_score_time": np.zeros(3),
    }
    assert page_of(search).rows["Time"].startswith("50 s of fits")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("time_limit", "the time limit (time_limit)"),
        ("patience", "no progress for a while (patience)"),
        ("new", "new"),
    ],
)
def test_what_ended_a_search_early_is_said(reason, text):
    assert page_of(plain(stop_reason_=reason)).rows["Ended by"] == text


def test_a_completed_search_says_nothing_of_its_end():
    assert "Ended by" not in page_of(plain(stop_reason_="completed")).rows


def test_failures_are_counted_by_status_and_message():
    search = halving(9, n_failed=3, n_rungs=1)
    table = search.cv_results_
    failed = np.flatnonzero(table["status"] == "failed")
    table["status"][failed[0]] = "timeout"
    table["error"] = table["error"].astype(object)
    table["error"][failed[1:]] = 'Traceback:\n  File "x"\nValueError: too small\n'
    text = page_of(search).rows["Failures"]
    assert text.startswith(
        "3 of 9 evaluations: 2 failed in a fit or a score, 1 took longer than "
        "trial_timeout"
    )
    assert "ValueError: too small (2 times)" in text
    assert "Traceback" not in text
    assert "(1 times)" not in text


def test_failures_of_a_table_without_a_status_are_counted():
    assert page_of(plain(12, 4)).rows["Failures"] == (
        "4 of 12 evaluations failed in a fit or a score"
    )


def test_many_messages_are_cut():
    search = halving(30, n_failed=30, n_rungs=1)
    search.cv_results_["error"] = np.array([f"Error {i}" for i in range(30)])
    page = page_of(search)
    text = page.rows["Failures"]
    assert text.endswith("20 other messages, in cv_results_['error']")
    assert text.count("Error ") == 11  # ten of them, and the heading


def test_ten_messages_are_not_cut():
    search = halving(10, n_failed=10, n_rungs=1)
    search.cv_results_["error"] = np.array([f"Error {i}" for i in range(10)])
    text = page_of(search).rows["Failures"]
    assert "Error 9" in text
    assert "other messages" not in text


def test_what_an_ensemble_and_early_stopping_gave_is_said():
    members = SimpleNamespace(estimators_=[1, 2, 3])
    search = plain(4, ensemble_score_=0.987654, ensemble_=members)
    search.cv_results_["mean_best_iteration"] = np.array([10.0, 20.0, 30.0, 40.0])
    rows = page_of(search).rows
    assert rows["Ensemble"] == "0.9877, 3 members"
    mean = 10.0 * (search.best_index_ + 1)
    assert rows["Stopped at"] == f"{mean:g} iterations on average"


# ---- networks --------------------------------------------------------------------


def node(name, operation, *inputs, label=None):
    return SimpleNamespace(
        name=name, operation=operation, inputs=inputs, label=label or operation
    )


def test_a_network_of_layers_is_said_in_one_line():
    nodes = [
        node("a", "dense", "input", label="dense to 64, relu"),
        node("b", "dense", "a"),
    ]
    search = networks()
    search.best_architecture_ = SimpleNamespace(nodes=nodes)
    rows = page_of(search).rows
    assert rows["Architecture"] == "dense to 64, relu → dense"
    n = search.cv_results_["n_parameters"][search.best_index_]
    assert rows["Size"] == f"{n:,} weights"
    assert rows["To beat"] == "0.9, the score of the reference"


@pytest.mark.parametrize(("n", "end"), [(6, "l6"), (8, "l6 → 2 more")])
def test_six_layers_are_said(n, end):
    names = ["input", *(f"n{i}" for i in range(1, n + 1))]
    nodes = [
        node(f"n{i}", "dense", names[i - 1], label=f"l{i}") for i in range(1, n + 1)
    ]
    search = networks()
    search.best_architecture_ = SimpleNamespace(nodes=nodes)
    said = page_of(search).rows["Architecture"]
    assert said == "l1 → l2 → l3 → l4 → l5 → " + end


def test_six_kinds_of_operations_of_a_graph_are_said():
    nodes = [node(f"n{i}", f"op{i}", "input") for i in range(9)]
    search = networks()
    search.best_architecture_ = SimpleNamespace(nodes=nodes)
    said = page_of(search).rows["Architecture"]
    assert said.startswith("a graph of 9 operations: 1 op0, ")
    assert said.count("1 op") == 6


def test_a_reference_that_failed_is_not_said():
    search = networks()
    search.reference_score_ = np.nan
    assert "To beat" not in page_of(search).rows


def test_the_decisions_of_a_network_are_folded():
    search = networks()
    search.best_architecture_ = SimpleNamespace(nodes=[node("a", "dense", "input")])
    n = len(search.cv_results_["params"][search.best_index_])
    assert f"The {n} decisions of the search" in page_of(search).texts


def test_rungs_of_networks_are_told_in_epochs():
    search = networks(4)
    search.cv_results_ |= {
        "rung": np.array([0, 0, 0, 1]),
        "n_resources": np.array([3, 3, 3, 9]),
    }
    text = "3 with 3 epochs on 2 folds → 1 with 9 epochs on 2 folds"
    assert page_of(search).rows["Rungs"] == text


def test_one_rung_is_not_told():
    assert "Rungs" not in page_of(halving(4, n_rungs=1)).rows


def test_a_network_that_branches_is_said_by_its_operations():
    nodes = [node(f"n{i}", "sep_conv", "input") for i in range(3)]
    nodes.append(node("last", "skip", "n0", "n1"))
    search = networks()
    search.best_architecture_ = SimpleNamespace(nodes=nodes)
    text = "a graph of 4 operations: 3 sep conv, 1 skip"
    assert page_of(search).rows["Architecture"] == text


# ---- the curve -------------------------------------------------------------------


def labels_of(page):
    return [a["aria-label"] for a in page.attributes if "aria-label" in a]


def test_without_its_style_sheet_the_curve_is_hidden():
    html = to_html(plain())
    page = Page(html)
    figure = page.attributes[page.tags.index("figure")]
    assert figure["hidden"] == "hidden"  # sanitizers remove it if it has no value
    assert re.search(r" figure {[^}]*display: block !important}", html)


def test_the_curve_is_told_to_those_who_do_not_see_it():
    page = page_of(with_scores([0.5, 0.25, 0.75, 0.7]))
    words = "Best score so far over 4 evaluations: 0.5 after evaluation 1, 0.75 from "
    assert labels_of(page) == [f"{words}evaluation 3 on."]
    assert page.attributes[page.tags.index("svg")]["role"] == "img"
    assert "title" in page.tags


@pytest.mark.parametrize(
    ("search", "texts", "others"),
    [
        (plain(), ["best so far", "evaluation", "winner"], ["failed", "with less"]),
        (halving(9), ["evaluation with most of the resource", "with less"], ["failed"]),
        (plain(12, 4), ["failed"], ["best so far with less"]),
        (
            with_scores([0.1, 0.9, 0.91, 0.92, 0.91, 0.9, 0.91]),
            ["lower scores: at the bottom"],
            [],
        ),
        # Three steps are not many: none is left out.
        (with_scores([0.1, 0.9, 0.92]), [], ["lower scores: at the bottom"]),
    ],
)
def test_the_legend_names_what_is_drawn(search, texts, others):
    found = page_of(search).texts
    assert set(texts) <= set(found)
    assert not set(others) & set(found)


def paths_of(search):
    """Return the steps of each path of the picture, by its class."""
    picture = to_html(search).partition("<svg")[2].partition("</svg>")[0]
    return dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', picture))


def circle_of(search):
    page = page_of(search)
    circle = page.attributes[page.tags.index("circle")]
    return float(circle["cx"]), float(circle["cy"])


def test_later_dots_are_to_the_right_and_better_ones_above():
    paths = paths_of(with_scores([0.5, 0.25, 0.75, 0.7]))
    # From 46 to 328, and from 118 for 0.47 to 22 for 0.78; what is below is at 123.
    assert paths["full"] == "M81 109h0M152 123h0M222 31h0M293 47h0"
    assert paths["best"] == "M81.2 108.7H222.2V31.3H292.8"
    assert circle_of(with_scores([0.5, 0.25, 0.75, 0.7])) == (222.2, 31.3)


def test_the_line_begins_at_the_bottom_where_the_first_score_is_lower():
    paths = paths_of(with_scores([0.1, 0.9, 0.91, 0.92, 0.91, 0.9, 0.91]))
    assert paths["best"].startswith("M66.1 118.0H106.4V")


def test_a_best_score_that_came_first_is_said_once():
    words = "Best score so far over 1 evaluation: 0.5 after evaluation 1."
    assert labels_of(page_of(with_scores([0.5]))) == [words]


@pytest.mark.parametrize(
    ("n", "numbers"), [(1, ["1"]), (2, ["1", "2"]), (5, ["1", "3", "5"])]
)
def test_the_first_the_middle_and_the_last_evaluation_have_a_number(n, numbers):
    html = to_html(plain(n))
    assert re.findall(r'y="150" text-anchor="middle">(\d+)<', html) == numbers


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.47, 0.78, ["0.5", "0.6", "0.7"]),
        (0.4, 1.1, ["0.5", "1"]),
        (0, 10, ["0", "5", "10"]),
        (-3.3, -2.9, ["-3.2", "-3"]),
    ],
)
def test_scores_have_round_numbers(low, high, texts):
    assert list(_ticks(low, high)) == texts


@pytest.mark.parametrize("n", [0, 1, 1200, 1201, 2399, 2401])
def test_no_more_dots_are_drawn_than_can_be_told_apart(n):
    kept = _thinned(list(range(n)))
    assert len(kept) == n if n <= 1200 else 600 < len(kept) <= 1200


def rungs_that_end(*order):
    """Return a search of two evaluations on few rows and one on many."""
    return search_of(
        {
            "trial_id": np.array([0, 1, 0]),
            "rung": np.array([0, 0, 1]),
            "n_resources": np.array([10, 10, 30]),
            "end_time": np.array(order, dtype=float),
            "params": [{"x": 1}, {"x": 2}, {"x": 1}],
            "mean_test_score": np.array([0.5, 0.6, 0.7]),
        },
        best_index_=2,
    )


def test_scores_with_less_have_a_line_until_one_with_all_is_there():
    paths = paths_of(rungs_that_end(1, 2, 3))
    assert (paths["less"].count("h0"), paths["full"].count("h0")) == (2, 1)
    assert re.findall("[MH]([0-9.]+)", paths["provisional"]) == [
        "93.0",
        "187.0",
        "281.0",
    ]


def test_scores_with_less_have_no_line_behind_one_with_all():
    search = rungs_that_end(2, 3, 1)
    assert "provisional" not in paths_of(search)
    assert "best so far with less" not in page_of(search).texts
    assert "with less" in page_of(search).texts


def test_the_winner_is_marked_where_it_ended():
    assert circle_of(rungs_that_end(1, 2, 3))[0] == 281
    assert circle_of(rungs_that_end(2, 3, 1))[0] == 93


def test_a_winner_with_a_low_score_is_inside_the_picture():
    search = with_scores([0.1, 0.9, 0.91, 0.92, 0.91, 0.9, 0.91])
    search.best_index_ = 0
    search.refit = least_accurate
    assert circle_of(search)[1] < 118


def test_scores_that_differ_little_have_different_numbers():
    page = page_of(with_scores([1 - 1e-8, 1.0, 1 - 2e-8]))
    ticks = [
        t for t in page.texts if t.startswith(("0.99999", "1.0000")) and len(t) > 8
    ]
    assert len(ticks) == len(set(ticks)) >= 1


def test_a_table_of_scikit_learn_s_halving_is_read():
    search = search_of(
        {
            "iter": np.array([0, 0, 1]),
            "n_resources": np.array([10, 10, 30]),
            "params": [{"x": 1}, {"x": 2}, {"x": 2}],
            "mean_test_score": np.array([0.5, 0.6, 0.7]),
        },
        best_index_=2,
        resource="n_samples",
    )
    page = page_of(search)
    assert page.rows["Ran"] == "2 configurations in 3 evaluations"
    assert "with less" in page.texts
