"""Configurations of a past search in the terms of a new one."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sklearn_automl.space import Configuration, SearchSpace, nearest
from sklearn_automl.storage._past import PastSearch, text_of_value
from sklearn_automl.storage._values import decode

__all__ = ["Keys", "Translated", "Translator", "texts_of"]


class Keys(Protocol):
    """What parameters are called in a history, and what they are without a search."""

    def key(self, name: str, config: Configuration) -> str:
        """Return the key of a parameter, in a configuration."""

    def own(self, name: str) -> Any:
        """Return the value that it has without a search; KeyError if it has none."""

    def fixed(self, searched: set[str]) -> Mapping[str, Any]:
        """Return what is not searched, by its keys."""


def texts_of(
    config: Configuration, keys: Keys, digest: Callable[[str], str]
) -> dict[str, str]:
    """Return what a history has of a configuration: texts of values, by their keys.

    Parameters
    ----------
    config : dict
        A configuration.

    keys : Keys
        Knows what its parameters are called.

    digest : callable
        Returns the digest of a text, with the salt of the history.
    """
    return {
        keys.key(name, config): text_of_value(value, digest)
        for name, value in config.items()
    }


@dataclass(frozen=True)
class Translated:
    """A configuration of the new space.

    ``is_same`` says that it is the one of the past search, with nothing guessed and
    nothing moved into the range of a parameter. ``is_moved`` says that a number was.
    """

    config: Configuration
    is_same: bool
    is_moved: bool


class Translator:
    """Find configurations of past searches in a new space.

    A number that is measured in a unit of the data, such as gamma, is converted. A
    parameter that was not searched has the value that it had, or else the estimator's
    own one if that is in the space, or else the median of its distribution. A number
    outside of its range becomes the nearest one in it.

    Parameters
    ----------
    space : SearchSpace
        The new space, all of whose distributions have a ``ppf`` and ``cdf``.

    keys : Keys
        Knows what the new search is for.

    digest : callable
        Returns the digest of the text of a value, with the salt of the history.

    searched : set of str
        The parameters that differ from evaluation to evaluation.

    is_lenient : bool, default=False
        Whether any value is left out that the new space has no parameter for, and a
        number becomes the nearest one of any list. If not, a configuration has no
        translation if such a value is no number, because another kernel, for example,
        makes another model; and numbers move in lists only if those are ranges.

    units : dict of str to float, default=None
        The units of parameters on the new data, by key, as in
        :attr:`PastSearch.units`.
    """

    def __init__(
        self,
        space: SearchSpace,
        keys: Keys,
        digest: Any,
        searched: set[str],
        *,
        is_lenient: bool = False,
        units: Mapping[str, float] | None = None,
    ) -> None:
        self._is_lenient = is_lenient
        self._units = units or {}
        self._space = space
        self._keys = keys
        self._digest = digest
        self._fixed = {
            key: text_of_value(value, digest)
            for key, value in keys.fixed(searched).items()
        }

    def translate(
        self, past: PastSearch, values: Mapping[str, str]
    ) -> Translated | None:
        """Return a configuration of a past search; None if there is none like it.

        Parameters
        ----------
        past : PastSearch
            The search.

        values : dict of str to str
            Texts of the values of its configuration, by key.

        Returns
        -------
        translated : Translated or None
            The configuration.

        Raises
        ------
        ValueError
            If a text is not a value that was written by this package.
        """
        plain = {key: _plain(text) for key, text in values.items()}
        factors = self._factors(past)
        found = []
        for branch in self._space.branches:
            attempt = _Attempt(self, past, values, plain, factors)
            try:
                for parameter in branch:
                    if parameter.is_active(attempt.config):
                        attempt.take(parameter)
                attempt.check_rest(self._fixed)
            except ValueError:
                continue
            if attempt.config in self._space:
                found.append(attempt)
        if not found:
            return None
        best = max(found, key=lambda attempt: attempt.merit)
        return Translated(best.config, best.is_same, best.is_moved)

    def _factors(self, past: PastSearch) -> dict[str, float]:
        """Return what parameters are multiplied by, where that is not 1."""
        shared = self._units.keys() & past.units.keys()
        factors = {key: self._units[key] / past.units[key] for key in shared}
        return {key: factor for key, factor in factors.items() if factor != 1.0}


class _Attempt:
    """One alternative of the new space, filled parameter by parameter."""

    def __init__(
        self,
        translator: Translator,
        past: PastSearch,
        values: Mapping[str, str],
        plain: Mapping[str, Any],
        factors: Mapping[str, float],
    ) -> None:
        self._translator = translator
        self._factors = factors
        self._past = past
        self._values = values
        self._plain = plain
        self._used: set[str] = set()
        self.config: Configuration = {}
        self.is_same, self.is_moved = True, False

    @property
    def merit(self) -> tuple[bool, int]:
        return self.is_same, len(self._used)

    def take(self, parameter: Any) -> None:
        """Give a parameter its value, or raise a ValueError."""
        name, domain = parameter.name, parameter.domain
        key = self._translator._keys.key(name, self.config)
        if key not in self._values:
            self.config[name] = self._unrecorded(key, name, domain)
            return
        self._used.add(key)
        text = self._values[key]
        if text.startswith("<"):
            self.config[name] = _choice_of(domain, lambda v: self._text(v) == text)
            return
        value = self._plain[key]
        # The values of a list are meant as they are.
        if key in self._factors and math.isinf(domain.size):
            value *= self._factors[key]
            self.is_same = False
        is_moved = value not in domain
        self.config[name] = nearest(
            domain, value, in_any_list=self._translator._is_lenient
        )
        self.is_moved |= is_moved
        self.is_same &= not is_moved

    def _unrecorded(self, key: str, name: str, domain: Any) -> Any:
        """Return the value of a parameter that was not searched or not active."""
        digests = self._past.fixed
        own = _own_value(self._translator._keys, name)
        if own in domain and digests.get(key) == self._digest(own):
            return domain.conform(own)
        if key in digests and domain.is_categorical:
            try:
                return _choice_of(domain, lambda v: self._digest(v) == digests[key])
            except ValueError:
                pass  # the new space does not have that choice
        self.is_same = False
        return domain.conform(own) if own in domain else domain.from_unit(0.5)

    def _text(self, value: Any) -> str:
        return text_of_value(value, self._translator._digest)

    def _digest(self, value: Any) -> str:
        digest: str = self._translator._digest(self._text(value))
        return digest

    def check_rest(self, fixed: Mapping[str, str]) -> None:
        """See what becomes of values that the new space has no parameter for."""
        for key, text in self._values.items():
            if key in self._used or fixed.get(key) == text:
                continue
            self.is_same = False
            if self._translator._is_lenient:
                continue
            # Another kernel is another estimator; another number is not far from it.
            value = self._plain[key]
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise ValueError(f"the new search has no {key} that is {text}")
        # What neither of them searches has to be equal, too.
        digest, digests = self._translator._digest, self._past.fixed
        for key in fixed.keys() & digests.keys():
            self.is_same &= digests[key] == digest(fixed[key])


def _own_value(keys: Keys, name: str) -> Any:
    try:
        return keys.own(name)
    except KeyError:
        return _NOTHING


#: In no space.
_NOTHING = object()


def _choice_of(domain: Any, is_it: Any) -> Any:
    """Return the value of a list that meets a condition, or raise a ValueError."""
    if not domain.is_categorical:
        raise ValueError("not a list of values")
    for value in domain.values():
        if is_it(value):
            return value
    raise ValueError("not in the list")


def _plain(text: str) -> Any:
    """Return the value of a text; None for one of which only a digest is known."""
    return None if text.startswith("<") else decode(text)
