import json
import pickle

import pytest

from sklearn_automl.nas import Architecture, Node


def branching() -> Architecture:
    return Architecture(
        (
            Node.of("a", "conv", "input", width=8, kernel=3, stride=2),
            Node.of("b", "max_pool", "input", kernel=3, stride=2),
            Node.of("c", "conv", "a", "b", merge="concat", width=4),
        ),
        head="max",
    )


def test_survives_json():
    text = json.dumps(branching().to_dict())
    assert Architecture.from_dict(json.loads(text)) == branching()


def test_equal_ones_have_one_hash():
    assert len({branching(), branching()}) == 1


def test_an_option_makes_a_difference():
    other = branching().to_dict()
    other["nodes"][0]["options"]["width"] = 16
    assert Architecture.from_dict(other) != branching()


def test_options_have_one_order():
    assert Node.of("a", "conv", "input", width=8, kernel=3) == Node.of(
        "a", "conv", "input", kernel=3, width=8
    )


def test_pickles():
    assert pickle.loads(pickle.dumps(branching())) == branching()


def test_pruning_removes_what_nothing_reads():
    nodes = (
        Node.of("a", "dense", "input", width=8),
        Node.of("unread", "dense", "a", width=8),
        Node.of("b", "dense", "a", width=4),
    )
    pruned = Architecture(nodes).pruned()
    assert [node.name for node in pruned.nodes] == ["a", "b"]


def test_label_says_what_the_node_does():
    labels = [node.label for node in branching().nodes]
    assert labels == [
        "conv 3 to 8 stride 2",
        "max pool 3 stride 2",
        "conv to 4 of a concat",
    ]
    node = Node.of("a", "own", "input", gated=True, skip=False, rate=0, dropout=0.5)
    assert node.label == "own dropout 0.5 gated no skip"


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([], "at least one node"),
        ([Node.of("a b", "dense", "input")], "identifier"),
        ([Node.of("a", "dense")], "reads nothing"),
        ([Node.of("a", "dense", "b"), Node.of("b", "dense", "input")], "reads 'b'"),
        ([Node.of("a", "dense", "input")] * 2, "Two nodes"),
        ([Node.of("input", "dense", "input")], "Two nodes"),
        ([Node.of("a", "dense", "input", merge="mean")], "merge='mean'"),
    ],
)
def test_refuses_what_is_no_graph(nodes, message):
    with pytest.raises(ValueError, match=message):
        Architecture(tuple(nodes))


def test_refuses_an_unknown_head():
    with pytest.raises(ValueError, match="head='median' is none of avg, max, flatten"):
        Architecture((Node.of("a", "dense", "input"),), head="median")


@pytest.mark.parametrize("data", [{}, {"nodes": [{}], "head": "avg"}, {"nodes": 3}])
def test_refuses_what_it_did_not_write(data):
    with pytest.raises(ValueError, match=r"Pass what Architecture.to_dict\(\) returns"):
        Architecture.from_dict(data)
