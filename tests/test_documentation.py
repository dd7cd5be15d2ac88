"""What the documentation promises of itself."""

import importlib
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

import sklearn_automl
from sklearn_automl.samplers import make_sampler, sampler_names
from tests.cases import in_turn

DOC = Path(__file__).parents[1] / "doc"
RECIPES = sorted((DOC / "examples" / "recipes").glob("*.py"))
# Lines of autosummary tables. The others with this indent are options or headings.
LISTED = re.findall(
    r"^   ([\w.]+)$", (DOC / "api.rst").read_text("utf-8"), re.MULTILINE
)


def test_the_reference_lists_every_search():
    assert set(sklearn_automl.__all__) <= set(LISTED)


def test_the_reference_lists_every_sampler_that_has_a_name():
    if find_spec("cmaes") is None:
        pytest.skip("one of them needs cmaes")
    classes = {type(make_sampler(name)).__name__ for name in sampler_names()}
    assert {f"samplers.{name}" for name in classes} <= set(LISTED)


def test_the_reference_lists_nothing_private():
    assert LISTED
    assert not [name for name in LISTED if re.search(r"(^|\.)_", name)]


@in_turn("name", [name for name in LISTED if "nas." not in name])
def test_names_of_the_reference_are_exported(name):
    module, _, last = f"sklearn_automl.{name}".rpartition(".")
    if last in {"NASClassifier", "NASRegressor"}:
        pytest.importorskip("torch")
    module = importlib.import_module(module)
    assert last in module.__all__ or last in dir(sklearn_automl)


@in_turn("path", RECIPES)
def test_recipes_are_short(path):
    assert len(path.read_text("utf-8").splitlines()) <= 60
