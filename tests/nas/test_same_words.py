"""Both estimators have the same parameters, and say the same of them."""

import inspect

import pytest

from sklearn_automl import NASClassifier, NASRegressor

# What differs between classes and numbers.
DIFFERS = {"classes_", "class_weight"}


def test_both_have_the_same_parameters_with_the_same_defaults():
    classifier, regressor = (
        [
            p
            for p in inspect.signature(Class).parameters.values()
            if p.name not in DIFFERS
        ]
        for Class in (NASClassifier, NASRegressor)
    )
    assert classifier == regressor


@pytest.mark.parametrize("section", ["Parameters", "Attributes", "Notes"])
def test_both_say_the_same(section):
    docscrape = pytest.importorskip("numpydoc.docscrape")
    classifier, regressor = (
        docscrape.ClassDoc(Class)[section] for Class in (NASClassifier, NASRegressor)
    )
    if section != "Notes":
        classifier = [entry for entry in classifier if entry.name not in DIFFERS]
    assert classifier == regressor
