"""Data that no estimator can take, without an estimator."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")
from sklearn_automl.nas._refusals import refuse_data  # noqa: E402

DAY = date(2020, 1, 1)


@pytest.mark.parametrize("values", [[None, DAY], [timedelta(1), None], [np.nan, DAY]])
def test_dates_of_python_are_refused_where_some_are_missing(values):
    frame = pd.DataFrame({"a": [1, 2], "when": pd.Series(values, dtype=object)})
    with pytest.raises(ValueError, match=r"dates .* in the columns \['when'\]"):
        refuse_data(None, frame, None)


def test_columns_of_objects_without_dates_are_let_through():
    columns = {"a": [None, None], "b": [None, "text"], "c": [1, True]}
    refuse_data(None, pd.DataFrame(columns, dtype=object), None)


@pytest.mark.parametrize("value", [DAY, timedelta(1), datetime(2020, 1, 1)])
def test_dates_of_polars_are_refused(value):
    polars = pytest.importorskip("polars")
    with pytest.raises(ValueError, match=r"dates .*X\['when'\]\.dt\.epoch"):
        refuse_data(None, polars.DataFrame({"when": [value]}), None)


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_lists_of_numbers_that_are_arrays_are_let_through(kind):
    refuse_data(None, [[1.0], [2.0]], [kind(1.0), kind(2.0)])
