"""Several small cases in one test.

pytest needs some milliseconds for a test, and pytest-xdist some more: where a case
takes less than that, cases come in turn. A note on the error of a test names its case.
"""

import functools
import inspect

import pytest


def in_turn(names, cases):
    """Run the test with each of the cases; names and cases as in ``parametrize``."""
    names = (names,) if isinstance(names, str) else names

    def decorate(test):
        def run(**others):
            for case in cases:
                values = case if len(names) > 1 else (case,)
                _run(test, dict(zip(names, values, strict=True)), others)

        return _without(names, test, run)

    return decorate


def in_turn_for_each(names, cases):
    """Make a test of all cases that have the same first value."""
    first, *rest = names
    of_first = {}
    for value, *values in cases:
        of_first.setdefault(value, []).append(values)

    def decorate(test):
        def run(**others):
            for values in of_first[others[first]]:
                _run(test, dict(zip(rest, values, strict=True)), others)

        return pytest.mark.parametrize(first, of_first)(_without(rest, test, run))

    return decorate


def _run(test, case, others):
    try:
        test(**case, **others)
    except BaseException as error:  # pytest's own are no Exceptions
        error.add_note(f"In the case of {case}.")
        raise


def _without(names, test, run):
    """Return ``run`` as ``test``, which pytest shall not ask for ``names``."""
    signature = inspect.signature(test)
    others = [p for name, p in signature.parameters.items() if name not in names]
    made = functools.wraps(test)(run)
    made.__signature__ = signature.replace(parameters=others)
    return made
