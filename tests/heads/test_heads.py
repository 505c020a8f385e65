"""Heads: made, applied, written, and read from untrusted files."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from attncli.attention.attend import attend
from attncli.attention.similarity import method_of
from attncli.errors import ResourceError, UsageError
from attncli.heads.file import read_heads, write_heads
from attncli.heads.parameters import (
    Heads,
    concatenate,
    identity_heads,
    project,
    random_heads,
)
from attncli.settings.explanation import METHODS

D_MODEL = 6
GOOD = {
    "w_q": np.ones((2, 6, 3)),
    "w_k": np.ones((2, 6, 3)),
    "w_v": np.ones((2, 6, 4)),
    "w_o": np.ones((8, 6)),
    "general_w": np.ones((2, 3, 3)),
    "additive_w_q": np.ones((2, 3, 5)),
    "additive_w_k": np.ones((2, 3, 5)),
    "additive_u": np.ones((2, 5)),
    "kernel_sigma": np.ones(2),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "heads.npz"


def refusal(path, **needed):
    """What the user reads about a file that is refused; it quotes the file, in one line."""
    with pytest.raises(ResourceError) as caught:
        read_heads(path, D_MODEL, **needed)
    assert repr(str(path)) in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value.message


def test_project_and_concatenate_by_hand():
    x, w = np.array([[1.0, 2], [3, 4]]), np.array([[[1.0], [0]], [[0], [10]]])
    np.testing.assert_array_equal(project(x, w), [[[1], [3]], [[20], [40]]])
    np.testing.assert_array_equal(concatenate(project(x, w), None), [[1, 20], [3, 40]])
    np.testing.assert_array_equal(
        concatenate(project(x, w), np.array([[1.0, 0, 1], [0, 1, 1]])), [[1, 20, 21], [3, 40, 43]]
    )


@pytest.mark.parametrize(("n_head", "d_model", "covered"), [(1, 6, 6), (2, 6, 6), (3, 7, 6), (6, 6, 6), (4, 6, 4)])
def test_identity_heads_take_their_slice_and_put_it_back(n_head, d_model, covered):
    heads, x = identity_heads(n_head, d_model), np.arange(2.0 * d_model).reshape(2, d_model) + 1
    d_k = d_model // n_head
    q = project(x, heads.w_q)
    np.testing.assert_array_equal(q[-1], x[:, (n_head - 1) * d_k : n_head * d_k])
    np.testing.assert_array_equal(concatenate(q, heads.w_o), np.where(np.arange(d_model) < covered, x, 0))


def test_one_identity_head_has_no_output_projection():
    assert identity_heads(1, 5).w_o is None


@pytest.mark.parametrize("n_head", [0, 7])
def test_identity_heads_need_a_dimension_each(n_head):
    with pytest.raises(UsageError, match=f"{n_head} identity heads cannot share 6 dimensions"):
        identity_heads(n_head, 6)


@pytest.mark.parametrize(
    "heads", [identity_heads(3, 7), random_heads(3, 7, 1), random_heads(9, 7, 1), random_heads(1, 7, 1)]
)
@pytest.mark.parametrize("method", METHODS)
def test_made_heads_serve_every_method(heads, method):
    x = np.random.default_rng(0).standard_normal((4, 7))
    q, k, v = (project(x, w) for w in (heads.w_q, heads.w_k, heads.w_v))
    given = {**heads.parameters, "kernel_sigma": q.shape[-1] ** 0.25}
    assert concatenate(attend(q, k, v, method=method, parameters=given).context, heads.w_o).shape == (4, 7)


def test_random_heads_are_their_seeds():
    a, b, c = random_heads(2, 6, 5), random_heads(2, 6, np.random.default_rng(5)), random_heads(2, 6, 6)
    np.testing.assert_array_equal(a.w_v, b.w_v)
    np.testing.assert_array_equal(a.parameters["additive_u"], b.parameters["additive_u"])
    assert not np.array_equal(a.w_v, c.w_v)


def test_random_heads_keep_lengths_on_average():
    heads, x = random_heads(4, 400, 0), np.random.default_rng(1).standard_normal((50, 400))
    v = project(x, heads.w_v)
    assert np.square(v).mean() == pytest.approx(1, rel=0.1)
    assert np.square(concatenate(v, heads.w_o)).mean() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("method", ["scaled", "general", "additive", "kernel"])
def test_random_parameters_give_scores_of_spread_1(method):
    x = np.random.default_rng(1).standard_normal((2, 1, 60, 200))
    parameters = method_of(method).random(1, 200, np.random.default_rng(3)) | method_of(method).untrained(1, 200)
    assert 0.4 < attend(x[0], x[1], x[1], method=method, parameters=parameters).scores.std() < 1.6


@pytest.mark.parametrize("make", ["random", "identity", "starting"])
@pytest.mark.parametrize("name", METHODS)
def test_parameters_for_a_method_are_its_own_in_their_shapes(name, make):
    method, sizes = method_of(name), {"n_head": 2, "d_k": 3, "d_a": 3}
    made = {
        "random": lambda: method.random(2, 3, np.random.default_rng(0)),
        "identity": lambda: method.identity(2, 3),
        "starting": lambda: method.starting(2, 3, np.random.default_rng(0)),
    }[make]()
    shapes = {each: (2, *(sizes[axis] for axis in own.axes)) for each, own in method.parameters.items()}
    assert {each: array.shape for each, array in (made | method.untrained(2, 3)).items()} == shapes
    assert list(made) == ([] if name == "kernel" and make != "starting" else list(method.parameters))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_file_as_numpy_writes_it(path, save):
    save(
        path,
        **GOOD | {"note": np.array("mine"), "b_q": np.zeros((2, 3)), "w_q": np.asfortranarray(np.ones((2, 6, 3), "f"))},
    )
    heads = read_heads(path, D_MODEL, 2)
    for name in ("w_q", "w_k", "w_v", "w_o"):
        np.testing.assert_array_equal(getattr(heads, name), GOOD[name])
    assert set(heads.parameters) == {name for name in GOOD if not name.startswith("w_")}
    assert heads.w_q.dtype == np.float64


def test_written_heads_are_read_back_and_the_bytes_stay(path, tmp_path):
    heads = random_heads(2, D_MODEL, 4)
    for name in ("heads.npz", "again.npz"):
        write_heads(tmp_path / name, heads)
    found = read_heads(path, D_MODEL)
    np.testing.assert_array_equal(found.w_k, heads.w_k)
    np.testing.assert_array_equal(found.parameters["general_w"], heads.parameters["general_w"])
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()
    with np.load(path, allow_pickle=False) as numpys_own:
        np.testing.assert_array_equal(numpys_own["w_o"], heads.w_o)


def test_one_head_without_w_o(path):
    write_heads(path, Heads(*[np.ones((1, 6, 6))] * 3))
    assert read_heads(path, D_MODEL).w_o is None


MISFITS = {
    "missing": ({"w_v": None}, "expected an array w_v, got w_q, w_k"),
    "another d_model": ({"w_q": np.ones((2, 5, 3))}, "w_q: expected shape [n_head, d_model = 6, d_k], got [2, 5, 3]"),
    "another d_k": ({"w_k": np.ones((2, 6, 4))}, "w_k: expected shape [n_head = 2, d_model = 6, d_k = 3]"),
    "another n_head": (
        {"w_v": np.ones((3, 6, 4))},
        "w_v: expected shape [n_head = 2, d_model = 6, d_v], got [3, 6, 4]",
    ),
    "too few axes": ({"w_q": np.ones((6, 3))}, "w_q: expected shape [n_head, d_model = 6, d_k], got [6, 3]"),
    "too many axes": ({"w_q": np.ones((1, 2, 6, 3))}, "[n_head, d_model = 6, d_k], got [1, 2, 6, 3]"),
    "w_o": ({"w_o": np.ones((6, 6))}, "w_o: expected shape [n_head·d_v = 8, d_model = 6]"),
    "additive": ({"additive_u": np.ones((2, 4))}, "additive_u: expected shape [n_head = 2, d_a = 5]"),
    "sigma": ({"kernel_sigma": np.zeros(2)}, "kernel_sigma: expected numbers above 0, got 0"),
    "empty": (
        {"w_q": np.ones((2, 6, 0)), "w_k": np.ones((2, 6, 0))},
        "w_q: expected numbers, got shape [2, 6, 0], which holds none",
    ),
    "nan": ({"w_k": np.full((2, 6, 3), np.nan)}, "w_k: expected finite numbers, got a NaN or an infinity"),
    "objects": ({"w_k": np.array([object()])}, "expected numbers, got dtype object"),
    "text": ({"w_k": np.array(["a"])}, "expected numbers, got dtype"),
    "a later version's bias": ({"b_k": np.ones((2, 3))}, "b_k changes the attention in a way that needs a newer attn"),
}


@pytest.mark.parametrize(("change", "message"), MISFITS.values(), ids=MISFITS)
def test_arrays_that_do_not_fit_are_named(path, change, message):
    np.savez(path, **{name: array for name, array in (GOOD | change).items() if array is not None})
    assert message in refusal(path)


def test_another_number_of_heads_than_asked(path):
    np.savez(path, **GOOD)
    assert "w_q: expected shape [n_head = 3," in refusal(path, n_head=3)


def npz_bytes(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), (b"", "not a zip"), (b"PK\x03\x04" + b"x" * 99, "not a zip"), (b"hello\n", "not a zip")],
)
def test_no_npz_at_all(path, content, message):
    if content is not None:
        path.write_bytes(content)
    assert message in refusal(path)


def test_a_folder_is_no_file(tmp_path):
    assert "not a file" in refusal(tmp_path)


def test_a_file_cut_anywhere_is_refused(path):
    whole = npz_bytes(**GOOD)
    for size in range(0, len(whole), 41):
        path.write_bytes(whole[:size])
        refusal(path)


def test_a_byte_flipped_anywhere_is_refused_or_changes_nothing(path):
    whole = npz_bytes(w_q=np.ones((1, 6, 1)), w_k=np.ones((1, 6, 1)), w_v=np.ones((1, 6, 1)))
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            heads = read_heads(path, D_MODEL)
        except ResourceError:
            continue
        assert all((w == 1).all() for w in (heads.w_q, heads.w_k, heads.w_v)), place


def member(shape, data=b"", compress=zipfile.ZIP_DEFLATED):
    """A file with one array whose header claims `shape`."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compress) as archive:
        archive.writestr("w_q.npy", header.getvalue() + data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (member((10**12, 6, 3)), "claims the shape [1000000000000, 6, 3]"),
        (member((2, 6, -3)), "claims the shape (2, 6, -3)"),
        (member((2, 6, 3), b"x" * 8), "8 bytes follow"),
        (member((10**7,), bytes(8 * 10**7)), "would unfold to 80,000,"),
        (member((2, 6, 3), bytes(288), zipfile.ZIP_BZIP2), "is packed so"),
    ],
    ids=["huge", "negative", "short", "bomb", "bzip2"],
)
def test_claims_cost_no_memory(path, content, message):
    path.write_bytes(content)
    tracemalloc.start()
    found = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message in found
    assert peak < 5e6


def test_an_array_given_twice(path):
    np.savez(path, **GOOD)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("w_q.npy", b"")
    assert "w_q is there twice" in refusal(path)


def test_training_of_general_starts_as_scaled():
    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((2, 2, 4, 9))
    started = method_of("general").starting(2, 9, rng)
    scores = [method_of(name).score(q, k, **given) for name, given in (("general", started), ("scaled", {}))]
    np.testing.assert_allclose(*scores, rtol=1e-12)
