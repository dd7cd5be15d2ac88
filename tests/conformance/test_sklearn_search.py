"""scikit-learn's own tests of GridSearchCV, run on our search in its place."""

from tests.conformance.adapted import names, needs_1_9, run_adapted

# Everything else passes.
EXPECTED_FAILURES = {
    # A repeated value of a grid is evaluated once.
    "test_grid_search_classifier_all_fits_fail",
    "test_grid_search_cv_splits_consistency",
    "test_callable_multimetric_clf_all_fits_fail",
    # An empty space is an error.
    "test_predict_proba_disabled",
    # So is a search in which no score at all is finite.
    "test_unsupported_sample_weight_scorer",
    "test_search_cv_results_none_param",
}


@needs_1_9
def test_only_the_listed_tests_of_grid_search_fail(tmp_path):
    failed, n_passed, output = run_adapted(
        "model_selection/tests/test_search.py",
        "\n# Neither of the following two estimators",
        "from tests.conformance.grid_search_adapter import GridSearchCV  # noqa",
        tmp_path,
    )
    assert names(failed) == EXPECTED_FAILURES, output[-3000:]
    assert n_passed >= 135
