"""Storage: what is remembered."""

from sklearn_automl.storage._checkpoint import SEED, Checkpoint, Event
from sklearn_automl.storage._fingerprint import describe, describe_data
from sklearn_automl.storage._values import decode, encode, encode_key

__all__ = [
    "SEED",
    "Checkpoint",
    "Event",
    "decode",
    "describe",
    "describe_data",
    "encode",
    "encode_key",
]
