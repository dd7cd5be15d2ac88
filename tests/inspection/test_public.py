"""What the docstrings of the displays promise, and the order of the names."""

import inspect

import pytest

from sklearn_automl import inspection
from tests.test_public_api import docstring_errors, public_methods

DISPLAYS = [
    getattr(inspection, name) for name in inspection.__all__ if name.endswith("Display")
]
FUNCTIONS = [name for name in inspection.__all__ if not name.endswith("Display")]


def test_names_exist_and_are_sorted():
    assert all(hasattr(inspection, name) for name in inspection.__all__)
    assert list(inspection.__all__) == sorted(inspection.__all__)


@pytest.mark.parametrize("Display", DISPLAYS)
def test_docstrings_of_displays_are_valid(Display):
    for method in [None, *public_methods(Display)]:
        assert docstring_errors(Display, method) == {}, method


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings_of_functions_are_valid(name):
    numpydoc = pytest.importorskip("numpydoc.validate")
    errors = dict(numpydoc.validate(f"sklearn_automl.inspection.{name}")["errors"])
    assert set(errors) - {"GL01", "GL02", "ES01", "EX01", "SA01", "RT02"} == set()


@pytest.mark.parametrize("Display", DISPLAYS)
def test_documented_parameters_and_attributes_are_those_that_there_are(Display):
    docscrape = pytest.importorskip("numpydoc.docscrape")
    described = docscrape.ClassDoc(Display)
    names = [p.name for p in described["Parameters"]]
    assert names == list(inspect.signature(Display).parameters)
    assert all(a.name.endswith("_") for a in described["Attributes"])
    for method in ("from_search", "plot"):
        function = getattr(Display, method)
        names = [p.name for p in docscrape.FunctionDoc(function)["Parameters"]]
        given = [p for p in inspect.signature(function).parameters if p != "self"]
        assert names == given


@pytest.mark.parametrize("Display", DISPLAYS)
def test_documented_attributes_are_those_that_plot_sets(Display):
    docscrape = pytest.importorskip("numpydoc.docscrape")
    from tests.inspection.test_common import search_for

    display = Display.from_search(search_for(Display.__name__))
    documented = {a.name for a in docscrape.ClassDoc(Display)["Attributes"]}
    assert {name for name in vars(display) if name.endswith("_")} == documented


@pytest.mark.parametrize("Display", DISPLAYS)
def test_axes_are_the_only_positional_parameter_of_plot(Display):
    _, ax, *others = inspect.signature(Display.plot).parameters.values()
    assert (ax.name, ax.default) == ("ax", None)
    assert all(p.kind is p.KEYWORD_ONLY for p in others)
