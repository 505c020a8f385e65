"""attend against the conformance cases of the ONNX operator Attention (operator sets 23 to 25) and its reference.

`as_attend` translates the operator's inputs: heads packed into the last axis, past keys, padded keys and masks that are
shorter than the keys are the operator's own ways of saying what `attend` takes as plain arrays, a mask and an offset.
"""

import warnings

import numpy as np
import onnx
import pytest
from onnx.backend.test.case.node import collect_testcases
from onnx.reference import ReferenceEvaluator

from attncli.attention.attend import Attention, attend

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the cases for other operators warn while they are collected
    # The "_expanded" ones hold the same inputs and outputs, with the operator written out as smaller ones.
    CASES = [case for case in collect_testcases("Attention") if "_expanded" not in case.name]

TOLERANCE = {"float32": 1e-6, "float16": 2e-3, "bfloat16": 2e-2}
INPUTS = ("q", "k", "v", "mask", "past_key", "past_value", "n_valid")
OUTPUTS = ("y", "present_key", "present_value", "qk")


def split_heads(x, n_head):
    """[batch, n, n_head·d] as [batch, n_head, n, d]."""
    return x.reshape(*x.shape[:2], n_head, -1).swapaxes(1, 2)


def arguments(case):
    """The operator's attributes, and its inputs and outputs by name."""
    node, (given, expected) = case.model.graph.node[0], case.data_sets[0]
    attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    given, expected = iter(given), iter(expected)
    inputs = {name: next(given) for name, used in zip(INPUTS, node.input, strict=False) if used}
    outputs = {name: next(expected) for name, used in zip(OUTPUTS, node.output, strict=False) if used}
    return attributes, inputs, outputs


def full_mask(mask, n_key):
    """A mask that is shorter than the keys hides the rest."""
    if mask is None or mask.shape[-1] in (1, n_key):
        return mask
    width = [(0, 0)] * (mask.ndim - 1) + [(0, n_key - mask.shape[-1])]
    return np.pad(mask, width, constant_values=False if mask.dtype.kind == "b" else -np.inf)


def as_attend(attributes, q, k, v, mask=None, past_key=None, past_value=None, n_valid=None):
    """The operator's arguments as those of `attend`, [batch, n_head, n, d]; with padded keys, a call a sequence."""
    if q.ndim == 3:
        q = split_heads(q, attributes["q_num_heads"])
        k, v = (split_heads(x, attributes["kv_num_heads"]) for x in (k, v))
    past = 0 if past_key is None else past_key.shape[2]
    if past:
        k, v = np.concatenate([past_key, k], axis=2), np.concatenate([past_value, v], axis=2)
    sides = (attributes.get(f"{side}_window_size", -1) for side in ("left", "right"))
    options = {
        "scale": attributes.get("scale"),
        "softcap": attributes.get("softcap"),
        "causal": bool(attributes.get("is_causal")),
        "window": tuple(None if side < 0 else side for side in sides),
        "offset": past,
        "mask": full_mask(mask, k.shape[2]),
    }
    if n_valid is None:
        return attend(q, k, v, **options), k, v
    parts = [attend_padded(b, int(n), q, k, v, dict(options)) for b, n in enumerate(n_valid)]
    return Attention(*map(np.stack, zip(*parts, strict=True))), k, v


def attend_padded(b, n_valid, q, k, v, options):
    """Sequence b of a batch whose first n_valid keys count, the queries standing at their end."""
    mask, valid = options["mask"], np.arange(k.shape[2]) < n_valid
    own = np.zeros(1, q.dtype) if mask is None else mask[min(b, len(mask) - 1)] if mask.ndim == 4 else mask
    both = own & valid if own.dtype.kind == "b" else np.where(valid, own, -np.inf)
    options |= {"mask": both, "offset": n_valid - q.shape[2]}
    return attend(q[b], k[b], v[b], **options)


def similarities(attributes, q, k, v, found):
    """What `qk_matmul_output_mode` asks for: 0 scaled products, 1 capped ones, 2 with the masks, 3 weights."""
    mode = attributes.get("qk_matmul_output_mode", 0)
    if mode > 1:
        return found.weights if mode == 3 else found.scores
    q = split_heads(q, attributes["q_num_heads"]) if q.ndim == 3 else q
    return attend(q, k, v, scale=attributes.get("scale"), softcap=attributes.get("softcap") if mode else None).scores


def packed(context, like):
    """[batch, n_head, n, d] with the heads in the last axis, where the operator gives that."""
    return context if like.ndim == 4 else context.swapaxes(1, 2).reshape(like.shape)


def close(found, expected):
    atol = TOLERANCE[expected.dtype.name]
    np.testing.assert_allclose(found.astype("f"), expected.astype("f"), atol=atol, rtol=atol)


def test_the_cases_were_found():
    assert len(CASES) >= 93


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_conformance(case):
    attributes, inputs, expected = arguments(case)
    found, k, v = as_attend(attributes, **inputs)
    assert found.context.dtype == inputs["q"].dtype
    close(packed(found.context, expected["y"]), expected["y"])
    if "present_key" in expected:
        close(k, expected["present_key"])
        close(v, expected["present_value"])
    if "qk" in expected:
        close(similarities(attributes, inputs["q"], k, v, found), expected["qk"])


def reference(options, *inputs):
    """The operator's own answer to q, k, v and perhaps a mask, by onnx.reference."""
    names = ["q", "k", "v", "mask"][: len(inputs)]
    kinds = [onnx.helper.np_dtype_to_tensor_dtype(x.dtype) for x in inputs]
    typed = [onnx.helper.make_tensor_value_info(n, t, x.shape) for n, t, x in zip(names, kinds, inputs, strict=True)]
    output = onnx.helper.make_tensor_value_info("y", kinds[0], None)
    node = onnx.helper.make_node("Attention", names, ["y"], **options)
    graph = onnx.helper.make_graph([node], "attention", typed, [output])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 25)])
    return ReferenceEvaluator(model).run(None, dict(zip(names, inputs, strict=True)))[0]


@pytest.mark.parametrize("seed", range(12))
def test_random_cases_in_float64(seed):
    rng = np.random.default_rng(seed)
    batch, n_kv_head, group, n_query, n_key, d_k, d_v = rng.integers(1, 6, 7)
    q = rng.standard_normal((batch, n_kv_head * group, n_query, d_k))
    k, v = (rng.standard_normal((batch, n_kv_head, n_key, d)) for d in (d_k, d_v))
    mask = [(rng.random((*q.shape[:3], n_key)) < 0.6), rng.standard_normal((n_query, n_key))][seed % 2]
    left, right, causal = int(rng.integers(-1, 3)), int(rng.integers(-1, 3)), int(rng.integers(0, 2))
    attributes = {"softcap": 1.5, "is_causal": causal, "left_window_size": left, "right_window_size": right}
    found, *_ = as_attend(attributes, q, k, v, mask)
    np.testing.assert_allclose(found.context, reference(attributes, q, k, v, mask), atol=1e-12)
