"""Digests that only one file has: those of two files cannot be compared."""

from typing import Any

from sklearn_automl.storage._digest import digest
from sklearn_automl.storage._fingerprint import describe_data

__all__ = ["SaltedDigest"]


class SaltedDigest:
    """Makes digests of texts and data with the salt of a file.

    Parameters
    ----------
    salt : str
        The salt.
    """

    def __init__(self, salt: str) -> None:
        self._salt = salt

    def __call__(self, text: str) -> str:
        """Return the digest of a text: 16 characters."""
        return digest(self._salt, text)

    def of_data(self, *data: Any) -> str:
        """Return a digest of all values of some data."""
        return self(" ".join(map(describe_data, data)))
