import json
import math

import numpy as np
import pytest

from sklearn_automl.storage import decode, encode, encode_key

VALUES = [
    None,
    True,
    0,
    -(2**80),
    0.1,
    5e-324,
    math.inf,
    -math.inf,
    "text",
    'ütf "8" \\ \n \0',
    "\ud800",
    [],
    [1, [2.0, None]],
    (),
    (1, (2, [3])),
    {},
    {"a": (1, 2), 1: "one", None: {}},
    np.float64(0.1),
    np.float32(0.1),
    np.float32("inf"),
    np.int8(-3),
    np.datetime64("2020-01-02"),
    np.datetime64("2020-01-02T03:04:05.000000007"),
    np.timedelta64(5, "h"),
    np.timedelta64(5, "ns"),
    np.bool_(True),
    np.str_("numpy"),
    {"float": "a key as a tag"},
    {"folds": [{"test_scores": {"acc": np.float64(0.5)}}]},
]


def types_in(value):
    if isinstance(value, list | tuple):
        return type(value), [types_in(v) for v in value]
    if isinstance(value, dict):
        return dict, [(types_in(k), types_in(v)) for k, v in value.items()]
    return type(value)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_with_its_types(value):
    back = decode(encode(value))
    assert back == value
    assert types_in(back) == types_in(value)


def test_a_number_that_python_has_no_type_for_is_a_float():
    assert decode(encode(np.longdouble(0.5))) == 0.5


def test_nan_comes_back():
    assert math.isnan(decode(encode(math.nan)))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_the_text_is_standard_json(value):
    def refuse(constant):
        raise AssertionError(constant)

    json.loads(encode(value), parse_constant=refuse)


@pytest.mark.parametrize("value", [object(), {1}, b"bytes", lambda: 0, [np.ones(2)]])
def test_what_is_not_plain_data_is_refused(value):
    with pytest.raises(TypeError, match="is not plain data"):
        encode(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        '{"tuple": 1}',
        '{"eval": "1"}',
        '{"float": "1", "tuple": []}',
        '{"numpy": ["O", 1]}',
        '{"numpy": ["no such type", 1]}',
        '{"numpy": ["|i1", 300]}',
        '{"dict": [[[], 1]]}',
        '{"float": "one"}',
        "[" * 100_000,
    ],
)
def test_a_text_of_another_kind_is_refused(text):
    with pytest.raises(ValueError, match="not a value that was written here"):
        decode(text)


class Opaque:
    pass


def test_a_key_can_hold_anything():
    assert encode_key((0, 1.5, None, ("a", np.int64(2)))).startswith("[0,1.5,null,")
    assert "Opaque" in encode_key((Opaque(),))


def test_a_key_does_not_depend_on_where_an_object_is():
    assert encode_key((Opaque(),)) == encode_key((Opaque(),))
    assert encode_key((repr(Opaque()),)) == encode_key((repr(Opaque()),))


def test_different_keys_have_different_texts():
    keys = [(1,), (1.0,), ("1",), (True,), (None,), ((1,),), (1, None), (math.nan,)]
    assert len({encode_key(key) for key in keys}) == len(keys)
