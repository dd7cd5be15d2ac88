"""Both estimators have the same parameters, and say the same of them."""

import inspect

import pytest

from sklearn_automl import NASClassifier, NASRegressor

# What differs between classes and numbers.
DIFFERS = {"classes_"}


def test_both_have_the_same_parameters_with_the_same_defaults():
    assert inspect.signature(NASClassifier) == inspect.signature(NASRegressor)


@pytest.mark.parametrize("section", ["Parameters", "Attributes", "Notes"])
def test_both_say_the_same(section):
    docscrape = pytest.importorskip("numpydoc.docscrape")
    classifier, regressor = (
        docscrape.ClassDoc(Class)[section] for Class in (NASClassifier, NASRegressor)
    )
    if section == "Attributes":
        classifier = [entry for entry in classifier if entry.name not in DIFFERS]
    assert classifier == regressor
