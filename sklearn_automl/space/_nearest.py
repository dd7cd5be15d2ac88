"""The value of a domain that comes nearest to one from elsewhere."""

from numbers import Real
from typing import Any

from sklearn_automl.space._domains import Domain, native

__all__ = ["nearest"]

# The values of a larger domain are not gone through.
_MAX_LISTED = 2_000


def nearest(domain: Domain, value: Any, *, in_any_list: bool = False) -> Any:
    """Return the value of a domain that comes nearest to a number.

    Parameters
    ----------
    domain : Domain
        The domain.

    value : object
        A value that need not be in the domain.

    in_any_list : bool, default=False
        Whether numbers of a list count as ordered even if it has two values, or is not
        in order.

    Returns
    -------
    value : object
        The domain's own value: an equal one, or the nearest number.

    Raises
    ------
    ValueError
        If the value is not in the domain and no value is nearer than another one.
    """
    value = native(value)
    if value in domain:
        return domain.conform(value)
    is_number = _is_number(value)
    has_no_order = domain.is_categorical and not in_any_list
    if not is_number or has_no_order or not domain.is_encodable:
        raise ValueError(f"{value!r} is not near to any value of {domain!r}")
    if domain.size <= _MAX_LISTED:
        # The values of an ordinal list can be dates.
        candidates = [v for v in domain.values() if _is_number(v)]
        if not candidates:
            raise ValueError(f"{value!r} is not near to any value of {domain!r}")
        return min(candidates, key=lambda v: abs(v - value))
    if domain.is_discrete and round(value) in domain:
        return domain.conform(round(value))
    # The distribution function is 0 below the domain and 1 above it.
    return domain.from_unit(domain.to_unit(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
