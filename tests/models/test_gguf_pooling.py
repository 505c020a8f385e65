"""The pooling of a GGUF file: by its metadata, the mean where they do not say, a reranker's refused."""

import pytest
from oracles.gguf_files import converted

from attncli import open_model, similar
from attncli.errors import ResourceError


def similarity(path, **metadata):
    path.write_bytes(converted("llama", **{f"llama.{name}": value for name, value in metadata.items()}))
    return similar("the dog", "he is", model=open_model(path))


@pytest.mark.parametrize(("number", "mode"), [(1, "mean"), (2, "cls"), (3, "lasttoken")])
def test_the_metadata_name_the_pooling(tmp_path, number, mode):
    found = similarity(tmp_path / "m.gguf", pooling_type=number)
    assert (found.pooling, found.exact, found.remarks) == (mode, mode == "mean", ())


@pytest.mark.parametrize("metadata", [{}, {"pooling_type": 0}])
def test_the_mean_is_taken_where_they_do_not_say(tmp_path, metadata):
    found = similarity(tmp_path / "m.gguf", **metadata)
    assert (found.pooling, found.exact) == ("mean", True)
    assert found.remarks == ("the folder says nothing about pooling: the mean over all tokens is taken",)


@pytest.mark.parametrize("value", [4, 99, "mean", 1.5, True])
def test_another_pooling_is_refused(tmp_path, value):
    with pytest.raises(ResourceError, match=r"llama.pooling_type in the metadata of .*: expected 1 \(mean\)"):
        similarity(tmp_path / "m.gguf", pooling_type=value)
