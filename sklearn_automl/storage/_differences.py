"""Which parts of two descriptions differ; see ``_fingerprint`` for how they look."""

from collections.abc import Iterator

__all__ = ["differences"]

_OPENING, _CLOSING = "([{", ")]}"
_LONGEST = 200  # characters of a value in a message


def differences(name: str, before: str, now: str) -> Iterator[tuple[str, str, str]]:
    """Yield the name and both values of each part that differs.

    Parameters
    ----------
    name : str
        What is described.

    before, now : str
        The two descriptions. Two objects of the same class are compared by their
        parameters, and two lists of the same length by their elements.

    Yields
    ------
    name, before, now : str
        Such as ``estimator.learning_rate``, and its two values.
    """
    head, parts = _taken_apart(before)
    other_head, other_parts = _taken_apart(now)
    if head != other_head or not parts or list(parts) != list(other_parts):
        yield (name, *_shortened(before, now))
        return
    for key in parts:
        if parts[key] != other_parts[key]:
            yield from differences(f"{name}{key}", parts[key], other_parts[key])


def _taken_apart(text: str) -> tuple[str, dict[str, str]]:
    """Return what is before the brackets, and the parts inside of them by name."""
    start = next((i for i, c in enumerate(text) if c in "({'\""), -1)
    is_whole = start >= 0 and text[start] in "({" and text[-1] in ")}"
    pieces = _pieces(text[start + 1 : -1]) if is_whole else None
    if pieces is None:
        return text, {}
    named = {}
    for i, piece in enumerate(pieces):
        key, sign, value = _split_name(piece, "=" if text[start] == "(" else ": ")
        place = f"[{i}]" if not sign else f".{key}" if sign == "=" else f"[{key}]"
        named[place] = value
    return text[:start], named


def _pieces(inner: str) -> list[str] | None:
    """Split at the commas outside of brackets and quotes; None if it is no list."""
    pieces, depth, begin, quote, i = [], 0, 0, "", 0
    while i < len(inner):
        c = inner[i]
        if quote:
            i += c == "\\"  # the next one is escaped
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in _OPENING:
            depth += 1
        elif c in _CLOSING:
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0 and inner.startswith(", ", i):
            pieces.append(inner[begin:i])
            begin = i + 2
        i += 1
    return None if depth or quote else [*pieces, inner[begin:]]


def _split_name(piece: str, sign: str) -> tuple[str, str, str]:
    """Split ``name=value``, or ``'name': value``; no sign if it is neither."""
    key, found, value = piece.partition(sign)
    is_name = key.isidentifier() if sign == "=" else not set(key) & set("([{")
    return (key, found, value) if found and is_name else ("", "", piece)


def _shortened(before: str, now: str) -> tuple[str, str]:
    """Cut two texts around the first place where they differ, if they are long."""
    pairs = enumerate(zip(before, now, strict=False))
    differ = next((i for i, (a, b) in pairs if a != b), min(len(before), len(now)))
    start = max(0, differ - _LONGEST // 4)
    if max(len(before), len(now)) <= _LONGEST:
        start = 0
    return _cut(before, start), _cut(now, start)


def _cut(text: str, start: int) -> str:
    end = start + _LONGEST
    return f"{'...' * (start > 0)}{text[start:end]}{'...' * (end < len(text))}"
