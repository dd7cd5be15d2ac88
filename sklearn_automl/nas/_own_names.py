"""Inherited methods under the name of the public class, which errors then name."""

from collections.abc import Callable
from functools import update_wrapper
from types import FunctionType
from typing import Any

__all__ = ["named_after"]


def named_after(kind: type, method: FunctionType) -> Callable[..., Any]:
    """Return a method whose TypeErrors name a class, and not the one it comes from.

    Parameters
    ----------
    kind : type
        The public class.

    method : function
        Of a base class.

    Returns
    -------
    function
        The same with another name.
    """
    code, cells = method.__code__, method.__closure__
    own = FunctionType(
        code, method.__globals__, method.__name__, method.__defaults__, cells
    )
    update_wrapper(own, method)
    own.__kwdefaults__ = method.__kwdefaults__
    own.__qualname__ = f"{kind.__qualname__}.{method.__name__}"
    if hasattr(own, "__wrapped__"):
        del own.__wrapped__  # which ``update_wrapper`` has set
    return own
