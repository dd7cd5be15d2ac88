"""scikit-learn's checks of estimators: each check once for what several share."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator


def parametrize_with_distinct_checks(first, *others, expected_failures=None):
    """Mark a test for all checks of ``first``, and for those that only others have.

    ``expected_failures`` are reasons, by the name of the check's function.
    """
    expected = expected_failures or {}
    cases, seen = [], set()
    for estimator in (first, *others):
        for instance, check in estimator_checks_generator(estimator):
            name = _name(check)
            if estimator is first or name not in seen:
                label = f"{type(estimator).__name__}-{name}"
                reason = expected.get(check.func.__name__)
                marks = [pytest.mark.xfail(reason=reason)] if reason else []
                cases.append(pytest.param(instance, check, id=label, marks=marks))
        seen |= {case.id.split("-", 1)[1] for case in cases}
    return pytest.mark.parametrize(("estimator", "check"), cases)


def _name(check):
    options = ", ".join(f"{k}={v}" for k, v in check.keywords.items())
    return f"{check.func.__name__}({options})"
