"""Imports point one way, and private names of other packages stay in one module.

The rules are in ``tests/house.py``. Here they are kept by the package, and each of them
finds the leaks that are put into a small tree.
"""

import inspect
from pathlib import Path

import pytest

import sklearn_automl
from sklearn_automl import _sklearn_compat
from tests.house import CHECKS, FIT_AND_SCORE_PARAMETERS, House, imports, is_private


@pytest.fixture(scope="module")
def package():
    return House(Path(sklearn_automl.__file__).parent)


@pytest.mark.parametrize("check", CHECKS)
def test_the_package_keeps(check, package):
    offences = CHECKS[check](package)
    assert not offences, "\n".join(sorted(offences))


def test_the_compatibility_module_imports_what_it_is_for(package):
    # The other tests would pass too if it were not there.
    tree = package.trees["sklearn_automl._sklearn_compat"]
    private = {
        f"{module}.{name}"
        for module, name in imports(tree.body)
        if is_private(*module.split("."), name)
    }
    assert "sklearn.model_selection._validation._fit_and_score" in private


def test_the_names_of_scikit_learns_parameters_are_up_to_date():
    # What other functions have, too, and the user's parameters.
    ordinary = {
        "X",
        "error_score",
        "estimator",
        "parameters",
        "return_train_score",
        "scorer",
        "test",
        "train",
        "verbose",
        "y",
    }
    parameters = set(inspect.signature(_sklearn_compat._fit_and_score).parameters)
    assert parameters - ordinary <= FIT_AND_SCORE_PARAMETERS


# ---- every check finds a leak ----------------------------------------------------

# A tree without offences that has all that is allowed.
CLEAN = {
    "__init__.py": """
from house.model_selection import Search

def __getattr__(name):
    from house.nas import estimators
""",
    "exceptions.py": "import warnings",
    "_options.py": "from house.exceptions import Refused",
    "_processes.py": "import os",
    "_sklearn_compat.py": """
from sklearn.model_selection._validation import _fit_and_score
options = {"fit_params": None}
scorers = scorer._scorers
""",
    "space/__init__.py": "from house.space._space import Space",
    "space/_space.py": """
from __future__ import annotations
import functools
import numpy as np
from house._options import check
from house.exceptions import Refused
np.random.default_rng(0)
""",
    "samplers/__init__.py": "from house.samplers._forest import Forest",
    "samplers/_forest.py": "import sklearn\nfrom house.space import Space",
    "samplers/_kde.py": "def fit():\n    import cmaes",
    "schedulers/_asha.py": "from house.samplers import Forest",
    "storage/_values.py": "from house.space import Space\nimport sqlite3",
    "execution/_loop.py": """
from house._processes import kill
from house._sklearn_compat import fit_and_score
from house.storage._values import pack
import time

class Loop:
    '''Takes the fit_params.'''

    def __init__(self):
        self._own = 1

    def run(self, other, fit_params):
        import dask
        from house.execution import _loop
        return other._own, self._inherited, run(fit_params=fit_params)
""",
    "inspection/__init__.py": "from house.inspection._search import draw",
    "inspection/_search.py": """
import numpy
from house.exceptions import Refused

def draw(search):
    import matplotlib
""",
    "model_selection/__init__.py": "from house.execution._loop import Loop",
    "model_selection/_plots.py": """
def plot(search):
    from house.inspection import draw
""",
    "nas/__init__.py": "from house.nas.space import Chain",
    "nas/estimators.py": "from house.nas.search.run import run\nimport torch",
    "nas/space/__init__.py": "from house.space import Space",
    "nas/supernet/weights.py": "from house.nas.space import Chain",
    "nas/strategies/_darts.py": """
from house.nas.supernet.weights import Weights
from house.samplers import Forest
from house._options import check
""",
    "nas/search/run.py": "from house.nas.strategies._darts import Darts",
}


def build(folder, files):
    house = folder / "house"
    for name, text in files.items():
        file = house / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    return House(house)


def offences(house):
    return {name: found for name, check in CHECKS.items() if (found := check(house))}


def test_a_clean_tree_has_no_offences(tmp_path):
    assert offences(build(tmp_path, CLEAN)) == {}


# The check that finds it, the file that it is added to, and the leak.
LEAKS = [
    ("parts_without_arrows", "helpers/__init__.py", ""),
    ("relative_imports", "samplers/_kde.py", "from . import _forest"),
    ("wrong_arrows", "space/_space.py", "from house.samplers import Forest"),
    ("wrong_arrows", "space/_space.py", "from house import storage"),
    ("wrong_arrows", "space/_space.py", "from house._sklearn_compat import Options"),
    ("wrong_arrows", "samplers/_kde.py", "import house.schedulers._asha"),
    ("wrong_arrows", "storage/_values.py", "from house.samplers import Forest"),
    ("wrong_arrows", "schedulers/_asha.py", "from house.execution._loop import Loop"),
    ("wrong_arrows", "execution/_loop.py", "if TYPE_CHECKING: import house.nas"),
    ("wrong_arrows", "nas/search/run.py", "from house.model_selection import Search"),
    ("wrong_arrows", "nas/search/run.py", "from house import Search"),
    ("wrong_arrows", "exceptions.py", "from house._options import check"),
    ("wrong_arrows", "inspection/_search.py", "from house.execution import _loop"),
    ("wrong_arrows", "execution/_loop.py", "def f(): from house.inspection import x"),
    ("circles", "space/_space.py", "from house.space import Space"),
    ("circles", "samplers/_forest.py", "def f(): from house.samplers import Forest"),
    (
        "circles_of_nas_rooms",
        "nas/space/_cell.py",
        "from house.nas.supernet.weights import Weights",
    ),
    (
        "nas_rooms_that_know_too_much",
        "nas/supernet/phase.py",
        "from house.nas.strategies._random import Random",
    ),
    (
        "nas_rooms_that_know_too_much",
        "nas/plotting.py",
        "from house.nas.search.run import run",
    ),
    (
        "nas_rooms_that_know_too_much",
        "nas/persistence.py",
        "from house.nas import estimators",
    ),
    (
        "private_modules_used_by_nas",
        "nas/estimators.py",
        "from house.samplers._forest import Forest",
    ),
    ("private_modules_used_by_nas", "nas/_base.py", "from house.samplers import _kde"),
    ("impure_imports", "space/_space.py", "def now(): import time"),
    ("impure_imports", "samplers/_kde.py", "from sklearn.base import clone"),
    ("impure_imports", "schedulers/_asha.py", "import joblib"),
    ("generators_made_in_pure_parts", "samplers/_kde.py", "np.random.default_rng()"),
    ("generators_made_in_pure_parts", "samplers/_kde.py", "np.random.seed(3)"),
    (
        "private_imports_of_others",
        "execution/_loop.py",
        "from sklearn.base import _fit_context",
    ),
    (
        "private_imports_of_others",
        "nas/estimators.py",
        "from sklearn.utils._tags import get_tags",
    ),
    ("private_imports_of_others", "execution/_loop.py", "import joblib._memmapping"),
    ("private_attributes_of_others", "execution/_loop.py", "scorer._scorers"),
    (
        "private_parameters_of_scikit_learn",
        "execution/_loop.py",
        'x = {"return_n_test_samples": True}',
    ),
    (
        "private_parameters_of_scikit_learn",
        "nas/search/run.py",
        'options["fit_params"] = None',
    ),
    (
        "private_parameters_of_scikit_learn",
        "model_selection/_base.py",
        "options = dict(callback_ctx=None)",
    ),
    ("optional_imports_when_imported", "execution/_loop.py", "import ray"),
    (
        "optional_imports_when_imported",
        "model_selection/_base.py",
        "try: from pandas import DataFrame\nexcept ImportError: pass",
    ),
    (
        "inspection_loaded_by_others",
        "model_selection/_plots.py",
        "from house.inspection import draw",
    ),
    ("torch_outside_of_nas", "execution/_loop.py", "def f(): import torch"),
]


@pytest.mark.parametrize(("check", "file", "leak"), LEAKS)
def test_a_leak_is_found(check, file, leak, tmp_path):
    files = {**CLEAN, file: CLEAN.get(file, "") + "\n" + leak}
    found = offences(build(tmp_path, files))
    assert len(found.pop(check)) == 1
    # An arrow the wrong way can close a circle, too.
    assert found.keys() <= {"circles", "circles_of_nas_rooms"}


def test_every_check_has_found_a_leak():
    assert {check for check, _, _ in LEAKS} == set(CHECKS)
