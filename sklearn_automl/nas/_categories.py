"""Columns of categories and texts: frames go in as they are, networks get numbers."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from sklearn_automl.exceptions import warn

__all__ = [
    "encoded",
    "encoder_data",
    "encoder_of_data",
    "is_frame",
    "learned_encoder",
    "refuse_texts",
]

# Columns of 0 and 1 that one column of categories becomes.
_MOST_CATEGORIES = 100
# A category in one row only cannot be in training and validation rows both.
_LEAST_ROWS = 2
# With so many categories, a column can be ids or free text.
_MANY = 10


# ---- what a frame has ----------------------------------------------------------------


def is_frame(X: Any) -> bool:
    """Tell whether X is a data frame of pandas or polars.

    Parameters
    ----------
    X : object
        What a user has passed.
    """
    return hasattr(X, "dtypes") and hasattr(X, "columns")


def _columns(X: Any) -> list[Any]:
    """Return the columns of a frame of pandas or polars, or of an array."""
    if hasattr(X, "iloc"):
        return [X.iloc[:, i] for i in range(X.shape[1])]
    return list(X.get_columns() if hasattr(X, "get_columns") else np.asarray(X).T)


def _is_category(column: Any) -> bool:
    # "category" is the name in pandas, "Categorical" and "Enum" are those of polars.
    return str(column.dtype).lower().startswith(("category", "categorical", "enum"))


def _has_texts(column: Any) -> bool:
    """Tell whether a column has texts that are no numbers."""
    kind = getattr(column.dtype, "kind", "")
    is_text = str(column.dtype).lower() in ("string", "str")
    if kind not in ("O", "T", "U") and not is_text:
        return False
    if is_text and all(_missing(column)):
        return True  # the type says so
    return any(isinstance(value, str) and not _is_number(value) for value in column)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# ---- what the encoder does -----------------------------------------------------------


def as_texts(X: Any) -> np.ndarray:
    """Return columns of any values as texts, and None for what is missing.

    Parameters
    ----------
    X : data frame or array
        The columns.

    Returns
    -------
    ndarray of object
        In which 1, 1.0 and "1" are the same: a column of integers has floats where a
        value is missing in another row.
    """
    return np.array([_texts(column) for column in _columns(X)], dtype=object).T


def _texts(column: Any) -> list[str | None]:
    values = np.asarray(column, dtype=object)
    return [
        None if is_missing else _text(value)
        for value, is_missing in zip(values, _missing(column), strict=True)
    ]


def _missing(column: Any) -> Iterable[bool]:
    for name in ("isna", "is_null"):  # of pandas and of polars
        if hasattr(column, name):
            missing: Iterable[bool] = getattr(column, name)()
            return missing
    return [value is None or value != value for value in column]


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def as_numbers(X: Any) -> np.ndarray:
    """Return columns of numbers as an array with all their digits.

    Parameters
    ----------
    X : data frame or array
        The columns.

    Returns
    -------
    ndarray
        The estimator checks its values.
    """
    numbers: np.ndarray = check_array(
        X, dtype="numeric", ensure_all_finite=False, ensure_min_samples=0
    )
    return numbers


def _make_encoder(
    places: list[int], n_columns: int, **options: Any
) -> ColumnTransformer:
    """Return what encodes the columns at some places, and passes on the others."""
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
        dtype=np.float32,  # all digits of the other columns are kept beside it
        **options,
    )
    texts, numbers = (
        FunctionTransformer(function, feature_names_out="one-to-one")
        for function in (as_texts, as_numbers)
    )
    others = [i for i in range(n_columns) if i not in places]
    return ColumnTransformer(
        [
            ("categories", make_pipeline(texts, encoder), places),
            ("numbers", numbers, others),
        ],
        sparse_threshold=0,
    )


# ---- fit and predict -----------------------------------------------------------------


def learned_encoder(estimator: Any, X: Any) -> tuple[ColumnTransformer | None, Any]:
    """Return what makes numbers of a data frame, and these numbers.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        For error messages.

    X : object
        What ``fit`` got.

    Returns
    -------
    encoder : ColumnTransformer or None
        Fitted. None if all columns are numbers.

    X : object
        Encoded, or as it was.
    """
    if not is_frame(X):
        _refuse_texts_of_array(estimator, X)
        return None, X
    columns = _columns(X)
    places = [i for i, c in enumerate(columns) if _is_category(c) or _has_texts(c)]
    if not places:
        return None, X
    _refuse_equal_names(estimator, X)
    encoder = _make_encoder(
        places,
        len(columns),
        min_frequency=_LEAST_ROWS,
        max_categories=_MOST_CATEGORIES,
    )
    numbers = np.asarray(encoder.fit_transform(X))
    names = list(X.columns)
    _warn_of_ids([names[i] for i in places], encoder, len(X))
    return encoder, numbers


def _one_hot(encoder: ColumnTransformer) -> OneHotEncoder:
    return encoder.named_transformers_["categories"][-1]


def _warn_of_ids(names: list[Any], encoder: ColumnTransformer, n_rows: int) -> None:
    ids = [
        name
        for name, categories in zip(names, _one_hot(encoder).categories_, strict=True)
        if len(categories) > max(_MANY, n_rows / 2)
    ]
    if ids:
        warn(
            f"The columns {ids} of X have a different value in most rows, like ids or "
            f"free text. Values in fewer than {_LEAST_ROWS} rows are one category "
            "together, so little is learned from these columns. Drop them, or convert "
            "them to numbers first, for instance with TfidfVectorizer."
        )


def encoded(estimator: Any, X: Any) -> Any:
    """Return inputs of a fitted estimator as numbers.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        With an ``encoder_``.

    X : data frame or array-like
        With the columns of ``fit``.

    Returns
    -------
    ndarray of shape (n_samples, n_inputs)
        What the networks take.
    """
    if not is_frame(X):
        # Rows of an array or a list can have numbers and texts.
        X = check_array(X, dtype=object, ensure_all_finite=False)
    validate_data(estimator, X, reset=False, skip_check_array=True)
    return np.asarray(estimator.encoder_.transform(X))


# ---- what is refused -----------------------------------------------------------------


def refuse_texts(estimator: Any, X: Any) -> None:
    """Refuse a frame with texts in columns that were numbers.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        Fitted.

    X : object
        What a prediction got.

    Raises
    ------
    ValueError
        If there are such columns.
    """
    encoder = getattr(estimator, "encoder_", None)
    if not is_frame(X):
        if encoder is None:
            _refuse_texts_of_array(estimator, X)
        return
    known = [] if encoder is None else encoder.transformers_[0][2]
    columns = [(i, c) for i, c in enumerate(_columns(X)) if i not in known]
    names = [X.columns[i] for i, column in columns if _has_texts(column)]
    if names:
        # Columns that are others, or in another order, are the better explanation.
        validate_data(estimator, X, reset=False, skip_check_array=True)
        raise ValueError(
            f"X of {type(estimator).__name__} has texts in the columns {names}, which "
            "had numbers when it was fitted. Convert them to numbers, or fit again on "
            "a data frame with texts in these columns."
        )


def _refuse_texts_of_array(estimator: Any, X: Any) -> None:
    if not (isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OUT"):
        return
    places = [i for i, column in enumerate(X.T) if _has_texts(column)]
    if places:
        raise ValueError(
            f"X of {type(estimator).__name__} has texts in the columns {places}, but "
            "must be numbers. Pass a data frame, in which columns of text are "
            "encoded: pandas.DataFrame(X)."
        )


def _refuse_equal_names(estimator: Any, X: Any) -> None:
    names = list(X.columns)
    equal = sorted({str(name) for name in names if names.count(name) > 1})
    if equal:
        raise ValueError(
            f"X of {type(estimator).__name__} has several columns with the name "
            f"{equal[0]!r}. Rename them, so that each category is encoded once."
        )


# ---- files ---------------------------------------------------------------------------


def encoder_data(encoder: ColumnTransformer) -> dict[str, Any]:
    """Return what an encoder has learned, as plain data.

    Parameters
    ----------
    encoder : ColumnTransformer
        Fitted.

    Returns
    -------
    dict
        The rare categories of a column are one: their names are not in it.
    """
    one_hot = _one_hot(encoder)
    categories = []
    for known, rare in zip(
        one_hot.categories_, one_hot.infrequent_categories_, strict=True
    ):
        others = set() if rare is None else set(rare)
        frequent = [value for value in known if value not in others]
        categories.append({"frequent": frequent, "has_others": bool(others)})
    return {
        "n_columns": encoder.n_features_in_,
        "places": [int(place) for place in encoder.transformers_[0][2]],
        "categories": categories,
    }


def encoder_of_data(data: dict[str, Any], names: Any) -> ColumnTransformer:
    """Return an encoder that encodes as the one before it.

    Parameters
    ----------
    data : dict
        What :func:`encoder_data` has returned.

    names : ndarray or None
        Those of the columns.

    Returns
    -------
    ColumnTransformer
        Fitted, on rows that have each frequent category often enough, and a rare one
        once.
    """
    places, n_columns = data["places"], data["n_columns"]
    categories, samples = [], []
    for own in data["categories"]:
        frequent = own["frequent"]
        if not all(value is None or isinstance(value, str) for value in frequent):
            raise TypeError(f"the categories are no texts, but {frequent!r}")
        rare = [_unlike(frequent)] if own["has_others"] else []
        categories.append([*frequent, *rare])
        samples.append([*frequent * _LEAST_ROWS, *rare])
    if len(samples) != len(places) or not all(samples):
        raise ValueError(f"{len(samples)} lists of categories for {places}")
    n_rows = max(map(len, samples))
    X = np.zeros((n_rows, n_columns), dtype=object)
    for place, sample in zip(places, samples, strict=True):
        # What fills a column up is no category of it, and is not counted.
        filler = _unlike([*sample])
        X[:, place] = [*sample, *[filler] * (n_rows - len(sample))]
    encoder = _make_encoder(
        places, n_columns, categories=categories, min_frequency=_LEAST_ROWS
    )
    if names is None:
        return encoder.fit(X)
    import pandas as pd

    return encoder.fit(pd.DataFrame(X, columns=names))


def _unlike(texts: list[str | None]) -> str:
    """Return a text that is none of these."""
    return max((text or "" for text in texts), key=len, default="") + "_"
