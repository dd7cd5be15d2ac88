"""Exceptions and warnings of sklearn_automl."""

__all__ = ["CheckpointError", "SearchSpaceExhausted", "SearchWarning"]


class CheckpointError(OSError, ValueError):
    """A checkpoint cannot be used: it is damaged, in use, or of another search."""


class SearchSpaceExhausted(Exception):  # noqa: N818  (a signal, as StopIteration is)
    """Raised by a sampler when every configuration of a finite space was proposed."""


class SearchWarning(UserWarning):
    """A search does something other than what its parameters ask for, and says so."""
