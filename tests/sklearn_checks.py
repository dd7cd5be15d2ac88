"""scikit-learn's checks of estimators: each check once for what several share."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

# What a class can do wrong though it inherits its fit from one that was checked: in its
# constructor, and in what its own steps leave behind.
OF_EACH_CLASS = {
    "check_dict_unchanged",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_dont_overwrite_parameters",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimators_fit_returns_self",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
}


def parametrize_with_distinct_checks(
    first, *others, siblings=(), expected_failures=None, slow=()
):
    """Mark a test for all checks of ``first``, and for those that only others have.

    ``siblings`` have the same fit as ``first``, and the checks in OF_EACH_CLASS.
    ``expected_failures`` are reasons, by the name of the check's function. Checks whose
    names with options are in ``slow`` have that marker.
    """
    expected = expected_failures or {}
    cases, seen = [], set()
    for estimator in (first, *others):
        for instance, check in estimator_checks_generator(estimator):
            name = _name(check)
            if estimator is first or name not in seen:
                cases.append(_case(estimator, instance, check, expected, slow))
        seen |= {case.id.split("-", 1)[1] for case in cases}
    for estimator in siblings:
        for instance, check in estimator_checks_generator(estimator):
            if check.func.__name__ in OF_EACH_CLASS:
                cases.append(_case(estimator, instance, check, expected, slow))
    return pytest.mark.parametrize(("estimator", "check"), cases)


def _case(estimator, instance, check, expected_failures, slow):
    label = f"{type(estimator).__name__}-{_name(check)}"
    reason = expected_failures.get(check.func.__name__)
    marks = [pytest.mark.xfail(reason=reason)] if reason else []
    if _name(check) in slow:
        marks.append(pytest.mark.slow)
    return pytest.param(instance, check, id=label, marks=marks)


def _name(check):
    options = ", ".join(f"{k}={v}" for k, v in check.keywords.items())
    return f"{check.func.__name__}({options})"
