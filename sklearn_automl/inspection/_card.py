"""A finished search as a card of HTML, for notebooks and reports.

It has no script, no font and no address. It takes colours and fonts of the page that
it is on, so that it suits light and dark ones. Without its style sheet, which some
pages remove, it is a heading and tables.
"""

import re
from html import escape
from typing import Any

from sklearn_automl.inspection._card_curve import svg_of
from sklearn_automl.inspection._card_facts import best_of, failures_of, rows_of
from sklearn_automl.inspection._card_style import STYLE
from sklearn_automl.inspection._parameters import text_of
from sklearn_automl.inspection._results import Results

__all__ = ["to_html"]

_SHOWN = 60  # characters of a value; the rest is folded
_MOST = 1000  # characters of anything
_FEW_PARAMETERS, _MOST_PARAMETERS, _MOST_ERRORS = 8, 60, 10


def to_html(search: Any) -> str:
    """Return a finished search as a card of HTML.

    The card has the winner and its score, what ran and what that saved, a small curve
    and the failures. Notebooks show the card of a search of this package without a
    call. With this function you can write the card to a file, or make it for a search
    of scikit-learn.

    Read more in the :ref:`User Guide <card>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    search : estimator
        A fitted search of this package or of scikit-learn, or a NAS estimator.

    Returns
    -------
    html : str
        One ``div`` element, without scripts, fonts and URLs. It takes the colours of
        the page that it is in.

    Raises
    ------
    NotFittedError
        If the search is not fitted.

    ValueError
        If its table has no scores.

    See Also
    --------
    draw : Draw a finished search with matplotlib.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn_automl.inspection import to_html
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2, 3]})
    >>> to_html(grid.fit(X, y))[:25]
    '<div class="automl-card">'
    """
    results = _read(search)
    best = best_of(results)
    is_network = hasattr(search, "best_architecture_")
    estimator = getattr(search, "estimator", None)
    of = "" if estimator is None else f" of {_text(type(estimator).__name__)}"
    return (
        f'<div class="automl-card"><style>{STYLE}</style>'
        f'<div class="automl-name"><b>{_text(results.name)}</b>{of}</div>'
        '<div class="automl-body"><div class="automl-best">'
        f"<div>{_text(best.heading)}</div>"
        f'<div class="automl-score">{_text(best.score)}</div>'
        f"<div>{_text(best.note)}</div>{_parameters(best.params, is_network)}</div>"
        f"{svg_of(results)}</div>{_facts(results)}</div>"
    )


def _read(search: Any) -> Results:
    """Return the table; by the first metric if the search refits by none of several."""
    results = Results(search, "to_html")
    refit = getattr(search, "refit", None)
    names = {"score", None if callable(refit) else refit}
    if len(results.metrics) > 1 and not names & set(results.metrics):
        return Results(search, "to_html", results.metrics[0])
    return results


def _parameters(params: dict[str, Any], is_network: bool) -> str:
    if not params:
        return ""
    first = list(params.items())[:_MOST_PARAMETERS]
    rows = [_row(_breakable(_text(name)), _value(value)) for name, value in first]
    if len(params) > _MOST_PARAMETERS:
        rows.append(_row("…", f"{len(params) - _MOST_PARAMETERS} more in best_params_"))
    head = '<table class="automl-params"><caption>{}</caption><tbody>{}</tbody></table>'
    if is_network:  # whose layers are said in one line
        decisions = head.format("Decisions", "".join(rows))
        return _folded(f"The {len(params)} decisions of the search", decisions)
    if len(rows) <= _FEW_PARAMETERS:
        return head.format("Best parameters", "".join(rows))
    n = _FEW_PARAMETERS - 2  # one or two more are not worth a click
    few, rest = "".join(rows[:n]), "".join(rows[n:])
    more = head.format("The other parameters", rest)
    folded = _folded(f"{len(params) - n} other parameters", more)
    return head.format("Best parameters", few) + folded


def _row(name: str, content: str) -> str:
    return f'<tr><th scope="row">{name}</th><td>{content}</td></tr>'


def _value(value: Any) -> str:
    text = text_of(value)
    if len(text) <= _SHOWN:
        return _breakable(_text(text))
    return _folded(_text(f"{text[: _SHOWN - 1]}…"), _text(text))


def _breakable(html: str) -> str:
    """Let a line break behind what separates the parts of a name or a call."""
    return re.sub(r"(__|[(,])", r"\1<wbr>", html)


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>{content}</details>"


def _facts(results: Results) -> str:
    rows = []
    for name, fact in rows_of(results).items():
        if isinstance(fact, list):
            items = "".join(f"<li>{_text(line)}</li>" for line in fact)
            content = _folded(f"{len(fact)} brackets", f"<ul>{items}</ul>")
        else:
            content = _text(fact)
        rows.append(_row(name, content))
    text, errors = failures_of(results)
    if text:
        rows.append(_row("Failures", _text(text) + _errors(errors)))
    body = "".join(rows)
    return f'<table class="automl-facts"><tbody>{body}</tbody></table>'


def _errors(errors: list[tuple[str, int]]) -> str:
    if not errors:
        return ""
    items = [f"<li>{_text(e)}{_times(n)}</li>" for e, n in errors[:_MOST_ERRORS]]
    more = len(errors) - _MOST_ERRORS
    if more > 0:
        items.append(f"<li>{more} other messages, in cv_results_['error']</li>")
    return _folded("Error messages", f"<ul>{''.join(items)}</ul>")


def _times(n: int) -> str:
    return f" ({n} times)" if n > 1 else ""


def _text(text: str) -> str:
    """Return a text for HTML: escaped, not too long, and possible to encode."""
    text = text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
    return escape(text.encode("utf-8", "replace").decode("utf-8"))
