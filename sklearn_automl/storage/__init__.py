"""Storage: what is remembered."""

from sklearn_automl.storage._checkpoint import Checkpoint, Event
from sklearn_automl.storage._fingerprint import describe, describe_data
from sklearn_automl.storage._values import decode, encode, encode_key

__all__ = [
    "Checkpoint",
    "Event",
    "decode",
    "describe",
    "describe_data",
    "encode",
    "encode_key",
]
