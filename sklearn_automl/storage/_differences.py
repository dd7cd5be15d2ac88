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
        parameters, two dicts by their keys, and two lists of the same length by their
        elements.

    Yields
    ------
    name, before, now : str
        Such as ``estimator.learning_rate``, and its two values.
    """
    head, parts = _taken_apart(before)
    other_head, other_parts = _taken_apart(now)
    are_lists = any(key[1:-1].isdecimal() for key in [*parts, *other_parts])
    is_same_kind = head == other_head and parts and other_parts and parts != other_parts
    # Something is always named, because the error depends on it.
    if not is_same_kind or (are_lists and list(parts) != list(other_parts)):
        yield (name, *_shortened(before, now))
        return
    for key in {**parts, **other_parts}:
        values = parts.get(key, "not given"), other_parts.get(key, "not given")
        if values[0] != values[1]:
            yield from differences(f"{name}{key}", *values)


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
    # A name with a colon in it may be cut short.
    return (text[:start], named) if len(named) == len(pieces) else (text, {})


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
