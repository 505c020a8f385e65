"""The heads of a decoder by its config: how many have queries, how many have keys and values, and how wide they are."""

from attncli.models.checkpoint.config import Config


def read_head_size(config: Config, default: int | None = None) -> int:
    """`head_dim`; where it is missing or null the default, and without one d_model / n_head."""
    if config.get("head_dim", default) is None:
        return config.head_size("hidden_size", "num_attention_heads")
    return config.size("head_dim", default)


def read_head_counts(config: Config, default: int | None = None) -> tuple[int, int]:
    """n_head and n_kv_head, the second by default as many as the first.

    Raises:
        ResourceError: heads that cannot share those of keys and values evenly.
    """
    n_head, name = config.size("num_attention_heads"), "num_key_value_heads"
    n_kv_head = n_head if config.get(name, default) is None else config.size(name, default)
    if n_head % n_kv_head:
        raise config.error("num_attention_heads", f"a multiple of {name} {n_kv_head}")
    return n_head, n_kv_head
