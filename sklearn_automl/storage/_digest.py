"""A short digest of texts: finds what has changed, by accident and not by intent."""

import hashlib

__all__ = ["digest"]


def digest(*texts: object) -> str:
    """Return 16 characters that differ where one of the texts does."""
    joined = "\0".join(str(text) for text in texts)
    return hashlib.sha256(joined.encode(errors="surrogatepass")).hexdigest()[:16]
