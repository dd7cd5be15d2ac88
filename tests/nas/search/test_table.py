"""Columns of the table, made of results of folds."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.nas.search.table import parameter_columns, score_columns


def evaluation(scores, seconds):
    folds = [
        SimpleNamespace(test_scores=score, fit_time=s, score_time=s / 10)
        for score, s in zip(scores, seconds, strict=True)
    ]
    return SimpleNamespace(folds=folds, results=dict(enumerate(folds)))


def test_folds_are_counted_as_scikit_learn_does():
    rows = evaluation([0.5, 0.7], [1.0, 3.0]), evaluation([0.2, None], [2.0, 2.0])
    columns = score_columns(rows, 2)
    assert columns["split1_test_score"] == pytest.approx([0.7, np.nan], nan_ok=True)
    assert columns["std_test_score"] == pytest.approx([0.1, np.nan], nan_ok=True)
    assert columns["mean_fit_time"].tolist() == [2, 2]
    assert columns["std_fit_time"].tolist() == [1, 0]
    assert columns["std_score_time"] == pytest.approx([0.1, 0])


def test_a_decision_that_is_not_made_is_masked():
    columns = parameter_columns([{"a": 1}, {"a": None, "b": 2}])
    assert list(columns) == ["param_a", "param_b"]
    assert columns["param_a"].mask.tolist() == [False, False]
    assert columns["param_b"].mask.tolist() == [True, False]
