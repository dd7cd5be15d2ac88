"""What is wrong with what a class says of how it is continued."""

from typing import ClassVar

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_automl.execution import fault_of_declaration


class Known(ClassifierMixin, BaseEstimator):
    def __init__(self, epochs=3, warm_start=False):
        self.epochs = epochs
        self.warm_start = warm_start

    def fit(self, X, y):
        return self

    def partial_fit(self, X, y):
        return self


class Plain(ClassifierMixin, BaseEstimator):
    def __init__(self, epochs=3):
        self.epochs = epochs

    def fit(self, X, y):
        return self


def saying(what, base=Known):
    """Return an estimator that says so, with a fit of its own."""
    own = {"continued_by": what, "fit": lambda self, X, y: self}
    return type("Saying", (base,), own)()


@pytest.mark.parametrize("how", ["partial_fit", "warm_start"])
def test_a_way_that_there_is_has_no_fault(how):
    assert fault_of_declaration(saying({"epochs": how}), "epochs") == ""


@pytest.mark.parametrize("said", [{}, None, {"rounds": "partial_fit"}])
def test_who_says_nothing_of_a_parameter_has_no_fault(said):
    assert fault_of_declaration(saying(said), "epochs") == ""


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"epochs": "partialfit"}, "Got 'partialfit'.*Did you mean 'partial_fit'?"),
        ({"epochs": "warmstart"}, "Got 'warmstart'.*Did you mean 'warm_start'?"),
        ({"epochs": "fit"}, "must say one of .*for 'epochs'"),
        ({"epochs": True}, "Got True"),
        ({"epochs": None}, "Got None"),
        ({"epoch": "partial_fit"}, "'epoch', which is no.*Did you mean 'epochs'?"),
        ({"Epochs": "warm_start"}, "'Epochs', which is no.*Did you mean 'epochs'?"),
        ("partial_fit", "must be a dict.*{'epochs': 'partial_fit'}"),
        (["epochs"], r"must be a dict.*Got \['epochs'\]"),
    ],
)
def test_a_typo_is_a_fault(said, words):
    with pytest.raises(ValueError, match=words):
        raise ValueError(fault_of_declaration(saying(said), "epochs"))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("partial_fit", "has no partial_fit. Write one"),
        ("warm_start", "has no parameter warm_start. Add it"),
    ],
)
def test_a_way_that_the_class_does_not_have_is_a_fault(how, words):
    fault = fault_of_declaration(saying({"epochs": how}, Plain), "epochs")
    assert words in fault


def test_a_subclass_without_the_parameter_has_no_fault():
    class Fixed(saying({"epochs": "partial_fit"}).__class__):
        def __init__(self, rounds=3):
            self.rounds = rounds

    assert fault_of_declaration(Fixed(), "rounds") == ""


def test_a_subclass_with_a_fit_of_its_own_does_not_inherit_the_fault():
    class Own(saying({"epochs": "typo"}).__class__):
        continued_by: ClassVar = {"epochs": "partial_fit"}

        def fit(self, X, y):
            return self

    class Cold(saying({"epochs": "typo"}).__class__):
        def fit(self, X, y):
            return self

    assert fault_of_declaration(Own(), "epochs") == ""
    assert fault_of_declaration(Cold(), "epochs") == ""
