import numpy as np
import pytest

from sklearn_automl.nas import ChainSpace


def lengths_after_one_step(space, n_layers, n=200):
    rng = np.random.default_rng(0)
    config = space.decisions.sample(rng)
    while config["n_layers"] != n_layers:
        config = space.decisions.sample(rng)
    return config, [space.mutate(config, rng) for _ in range(n)]


def test_its_layers_follow_each_other():
    space = ChainSpace(n_layers=(3, 3)).bind((4,))
    config = space.decisions.sample(np.random.default_rng(0))
    nodes = space.architecture(config).nodes
    assert [node.inputs for node in nodes] == [("input",), ("layer_1",), ("layer_2",)]


def test_counts_its_architectures():
    space = ChainSpace(
        n_layers=(1, 2), widths=[8, 16], activations=["relu"], dropouts=[0.0]
    )
    assert space.bind((4,)).decisions.size == 4 + 4 * 2


def test_identities_are_no_layers():
    space = ChainSpace(
        n_layers=(1, 3),
        operations=["dense", "identity"],
        widths=[8],
        activations=["relu"],
        dropouts=[0.0],
    ).bind((4,))
    rng = np.random.default_rng(0)
    configs = [space.decisions.sample(rng) for _ in range(200)]
    assert space.decisions.size == 2 + 4 + 8
    built = {space.architecture(config) for config in configs}
    operations = sorted([node.operation for node in a.nodes] for a in built)
    assert operations == [*(["dense"] * n for n in (1, 2, 3)), ["identity"]]


def test_an_identity_that_shortens_is_a_layer():
    space = ChainSpace(operations=["identity"], strides=[1, 2]).bind((1, 9))
    config = {f"layer_{i}_operation": "identity" for i in (1, 2, 3)}
    config |= {"n_layers": 3, "layer_1_stride": 1, "layer_2_stride": 2}
    config |= {"layer_3_stride": 1, "head": "avg"}
    (node,) = space.architecture(config).nodes
    assert dict(node.options) == {"stride": 2}
    assert node.inputs == ("input",)


def test_flat_data_has_nothing_to_stride_over():
    space = ChainSpace(operations=["identity", "none"]).bind((4,))
    assert not any("stride" in column.name for column in space.decisions.columns)


def test_an_option_with_one_value_is_no_decision_but_is_used():
    space = ChainSpace(n_layers=(1, 1), widths=[8], kernels=[5]).bind((1, 9))
    config = space.decisions.sample(np.random.default_rng(0))
    assert not any("kernel" in name or "width" in name for name in config)
    config["layer_1_operation"] = "conv"
    assert dict(space.architecture(config).nodes[0].options)["kernel"] == 5


def test_pooling_has_no_width():
    space = ChainSpace(n_layers=(1, 1), operations=["max_pool"]).bind((1, 9))
    config = space.decisions.sample(np.random.default_rng(0))
    assert "layer_1_width" not in config


def test_a_step_adds_or_removes_or_alters():
    space = ChainSpace(n_layers=(1, 5)).bind((1, 9))
    _, neighbours = lengths_after_one_step(space, 3)
    assert {config["n_layers"] for config in neighbours} == {2, 3, 4}


def test_an_added_layer_leaves_the_others_as_they_were():
    space = ChainSpace(n_layers=(1, 5)).bind((1, 9))
    config, neighbours = lengths_after_one_step(space, 3)
    own = space._layers(config)
    for neighbour in neighbours:
        layers = space._layers(neighbour)
        if len(layers) == 4:
            rests = [layers[:i] + layers[i + 1 :] for i in range(4)]
            assert own in rests


def test_the_depth_stays_in_its_range():
    space = ChainSpace(n_layers=(2, 3)).bind((4,))
    rng = np.random.default_rng(0)
    config = space.decisions.sample(rng)
    for _ in range(100):
        config = space.mutate(config, rng)
        assert 2 <= config["n_layers"] <= 3


@pytest.mark.parametrize(
    ("option", "shape", "message"),
    [
        ({"n_layers": (3, 2)}, (4,), "the smallest number and then the largest"),
        ({"n_layers": 3}, (4,), r"a pair, as \(1, 3\): the smallest and the largest"),
        ({"n_layers": "12"}, (4,), "a pair"),
        ({"n_layers": (0, 2)}, (4,), "the smallest and the largest number"),
        ({"operations": ["conv"]}, (4,), "'dense'"),
        ({"operations": "dense"}, (4,), "a list of some of"),
        ({"widths": [0]}, (4,), "integers, each at least 1"),
        ({"widths": []}, (4,), "integers, each at least 1"),
        ({"widths": 8}, (4,), "integers, each at least 1"),
        ({"widths": [8.0]}, (4,), "integers, each at least 1"),
        ({"kernels": 3}, (1, 9), "integers, each at least 1"),
        ({"kernels": [4]}, (1, 9), "odd"),
        ({"strides": [3]}, (1, 9), "1, 2, 4"),
        ({"activations": ["swish"]}, (4,), "'silu'"),
        ({"normalizations": ["layer"]}, (4,), "'batch'"),
        ({"dropouts": [1.0]}, (4,), "below 1"),
        ({"dropouts": 0.2}, (4,), "below 1"),
        ({"dropouts": []}, (4,), "below 1"),
        ({"dropouts": ["0.2"]}, (4,), "below 1"),
        ({"heads": ["mean"]}, (1, 9), "'avg'"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(option, shape, message):
    (name,) = option
    with pytest.raises(
        ValueError, match=rf"{name}=.*of ChainSpace must be .*{message}"
    ):
        ChainSpace(**option).bind(shape)


def labels_of_reference(shape, **options):
    space = ChainSpace(**options).bind(shape)
    return [node.label for node in space.architecture(space.reference()).nodes]


def test_the_reference_is_what_people_make_by_hand():
    assert labels_of_reference((7,)) == ["dense to 256 batch relu dropout 0.1"] * 3
    for shape, kernel in (((1, 8, 8), "3"), ((2, 11), "5")):
        labels = labels_of_reference(shape)
        assert [label.split()[:2] for label in labels] == [["conv", kernel]] * 4
        assert [("stride 2" in label) for label in labels] == [False, True, False, True]


@pytest.mark.parametrize(
    ("shape", "options", "expected"),
    [
        (
            (7,),
            {"n_layers": (1, 2), "widths": [8, 100], "dropouts": [0.5]},
            ["dense to 100 batch relu dropout 0.5"] * 2,
        ),
        ((7,), {"n_layers": (5, 6)}, ["dense to 256 batch relu dropout 0.1"] * 5),
        (
            (7,),
            {"activations": ["tanh"], "normalizations": ["none"], "widths": [300]},
            ["dense to 300 tanh dropout 0.1"] * 3,
        ),
        (
            (1, 8, 8),
            {"operations": ["max_pool", "dil_conv"], "kernels": [3], "widths": [8]},
            ["dil_conv"] * 4,
        ),
        ((1, 8, 8), {"operations": ["avg_pool"], "n_layers": (1, 1)}, ["avg_pool"]),
    ],
)
def test_the_reference_is_the_nearest_that_the_options_allow(shape, options, expected):
    labels = labels_of_reference(shape, **options)
    assert len(labels) == len(expected)
    for label, own in zip(labels, expected, strict=True):
        assert label.replace(" ", "_").startswith(own.replace(" ", "_"))


def test_a_layer_can_be_added_at_the_end():
    space = ChainSpace(n_layers=(1, 5)).bind((1, 9))
    config, neighbours = lengths_after_one_step(space, 3)
    own = space._layers(config)
    longer = [space._layers(n) for n in neighbours if n["n_layers"] == 4]
    assert sum(layers[:3] == own for layers in longer) > len(longer) / 8


@pytest.mark.parametrize("shape", [(4,), (1, 9)])
def test_the_stem_is_linear(shape):
    space = ChainSpace(stem=7).bind(shape)
    stem = space.architecture(space.reference()).nodes[0]
    assert dict(stem.options)["activation"] == "none"


def test_layers_that_differ_in_width_cannot_share_weights():
    space = ChainSpace(n_layers=(2, 2), widths=[8, 16], stem=16).bind((4,))
    with pytest.raises(ValueError, match=r"differ in width \(pass widths=\[16\]\)"):
        space.supergraph()


def test_a_stem_of_another_width_does_not_help_a_supernet():
    options = {"n_layers": (2, 2), "widths": [8], "operations": ["dense", "identity"]}
    with pytest.raises(ValueError, match="pass stem=8"):
        ChainSpace(stem=4, **options).bind((4,)).supergraph()
    assert ChainSpace(stem=8, **options).bind((4,)).supergraph().nodes
