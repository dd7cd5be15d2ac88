"""scikit-learn's own tests of GridSearchCV, run on our search in its place."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

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

pytestmark = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"),
    reason="the list of expected failures is that of scikit-learn 1.9",
)


def test_only_the_listed_tests_of_grid_search_fail(tmp_path):
    source = Path(sklearn.__file__).parent / "model_selection/tests/test_search.py"
    marker = "\n# Neither of the following two estimators"
    text = source.read_text(encoding="utf-8")
    assert marker in text
    line = "\nfrom tests.conformance.grid_search_adapter import GridSearchCV  # noqa\n"
    adapted = tmp_path / "test_search_adapted.py"
    adapted.write_text(text.replace(marker, line + marker, 1), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-W", "ignore"]
    command += ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [*command, str(adapted)],
        env=_environment(root),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = set(re.findall(r"^(?:FAILED|ERROR) \S*?::(\w+)", run.stdout, re.MULTILINE))
    assert failed == EXPECTED_FAILURES, run.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", run.stdout)[1]) >= 135


def _environment(root):
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}
