import pytest


@pytest.fixture(autouse=True)
def attn_home(tmp_path, monkeypatch):
    """No test reads or writes what the person running it keeps."""
    home = tmp_path / "attn home"
    monkeypatch.setenv("ATTN_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def vectors():
    """The embedded set."""
    from attncli import open_vectors

    return open_vectors()


@pytest.fixture
def write(tmp_path):
    def write(content, name="set.txt"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write
