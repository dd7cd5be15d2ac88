"""Selection by perturbation: an operation is as strong as it is missed (Wang et al.,
"Rethinking architecture selection in differentiable NAS", ICLR 2021, Algorithm 1).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from sklearn_automl.nas.space._supergraph import SuperGraph
from sklearn_automl.nas.strategies.darts._derivation import without_none
from sklearn_automl.nas.supernet.training import SupernetTraining

__all__ = ["perturbation_weights"]

# The supernet is scored on at most this many rows.
_MOST_ROWS = 1000

_LITTLE = 1e-6


def perturbation_weights(
    training: SupernetTraining,
    mixture: Mapping[str, torch.Tensor],
    option_weights: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Return weights of options, made of what the supernet is without them.

    Choices are decided one after the other, in random order: the option whose removal
    harms the score most is the one that stays, and the supernet is trained for an epoch
    before the next. Then, where edges are left out, those of a node go one by one that
    are missed least.

    Parameters
    ----------
    training : SupernetTraining
        Of a trained supernet, whose weights change here.

    mixture : dict of str to tensor
        What was executed in the end of the training.

    option_weights : dict of str to ndarray
        What the alphas say; of two options that are missed as much, the larger wins.

    Returns
    -------
    weights : dict of str to ndarray
        Next to nothing but for the option that stays, which has more the later its edge
        would go. Where time runs out, what was not decided is as the alphas say.

    Notes
    -----
    The supernet is tuned for one epoch after each decision, with a tenth of the
    learning rate, not for five as in the paper; it is scored on 1,000 rows at most; and
    all edges of a node are decided together.
    """
    allowed = without_none(training.supernet.graph, option_weights)
    mixture, rng = dict(mixture), training.new_rng()
    for name in rng.permutation(list(mixture)):
        if training.must_stop():
            break
        # Alg. 1: the option whose removal harms the score most is selected.
        options = [k for k, value in enumerate(allowed[name]) if value >= 0]
        without = {k: _score(training, mixture, name, [k]) for k in options}
        stays = min(options, key=lambda k: (without[k], -allowed[name][k]))
        mixture[name] = torch.zeros_like(mixture[name])
        mixture[name][stays] = 1.0
        # Deviation: one epoch of tuning, not five, because five take longer than the
        # whole training of the supernet.
        training.tune(mixture)
    # The alphas order the other options, in case the selected one is not allowed.
    weights = {
        name: values.cpu().numpy() + _LITTLE * np.asarray(option_weights[name])
        for name, values in mixture.items()
    }
    nodes = _edges_of_nodes(training.supernet.graph)
    if len(training.space.strongest(weights)) < len(weights):
        for i in rng.permutation(len(nodes)):
            if training.must_stop():
                break
            _rank_edges(training, mixture, weights, nodes[i], allowed)
    return weights


def _rank_edges(
    training: SupernetTraining,
    mixture: dict[str, torch.Tensor],
    weights: dict[str, np.ndarray],
    edges: Sequence[str],
    allowed: Mapping[str, np.ndarray],
) -> None:
    """Weigh the edges of a node by when they would go; leave out those that do."""
    rest, decided = list(edges), dict(mixture)
    for place in range(1, len(edges)):
        scores = {e: _score(training, mixture, e, slice(None)) for e in rest}
        goes = max(rest, key=lambda e: (scores[e], -allowed[e].max()))
        mixture[goes] = torch.zeros_like(mixture[goes])
        weights[goes] *= place
        rest.remove(goes)
    weights[rest[0]] *= len(edges)
    # Later nodes are judged with the edges that this node keeps.
    kept = training.space.strongest(weights)
    mixture.update({e: decided[e] for e in edges if e in kept})
    training.tune(mixture)


def _score(
    training: SupernetTraining,
    mixture: Mapping[str, torch.Tensor],
    name: str,
    left_out: Sequence[int] | slice,
) -> float:
    """Return the score without some options of a choice."""
    values = mixture[name].clone()
    values[left_out] = 0
    rows = slice(_MOST_ROWS)
    score = training.score(mixture={**mixture, name: values}, rows=rows)
    return score if np.isfinite(score) else -np.inf


def _edges_of_nodes(graph: SuperGraph) -> list[tuple[str, ...]]:
    """Return the choices of the edges of each node; equal cells have the same."""
    groups = [node.edge_choices() for node in graph.nodes]
    return [group for group in dict.fromkeys(groups) if group]
