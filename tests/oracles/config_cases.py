"""Configs for the tiny checkpoints that have a key which changes the computation, or looks as if it did."""

DEFAULT = {"rope_type": "default", "rope_theta": 100.0}
YARN = {"rope_type": "yarn", "factor": 3.0, "rope_theta": 100.0, "original_max_position_embeddings": 32}
LONG = {"short_factor": [1.0, 1.1, 1.3, 2.0], "long_factor": [1.0, 1.5, 3.0, 8.0], "rope_theta": 100.0}
FULL, SLIDING = "full_attention", "sliding_attention"

IDS = [5, 9, 2, 7, 11, 3, 4, 8, 20, 21, 6, 30, 17, 2, 9, 33, 12]

#: What it is about → the tiny checkpoint, and keys of its config; None stands for null, LEFT_OUT takes the key out.
LEFT_OUT = "left out"
HONOURED = {
    "llama sees all": ("llama", {"is_causal": False}),
    "llama sees all, by null": ("llama", {"is_causal": None}),
    "gpt2 sees all": ("gpt2", {"is_causal": False}),
    "mistral sees a window to each side": ("mistral", {"is_causal": False}),
    "qwen2 sees a window to each side": ("qwen2", {"is_causal": False}),
    "qwen3 sees a window to each side": ("qwen3", {"is_causal": False}),
    "mistral, layer by layer": ("mistral", {"layer_types": [FULL, SLIDING]}),
    "mistral, layer by layer, to each side": ("mistral", {"layer_types": [SLIDING, FULL], "is_causal": False}),
    "mistral, layer types null": ("mistral", {"layer_types": None}),
    "mistral without a window": ("mistral", {"sliding_window": None}),
    "mistral with its default window": ("mistral", {"sliding_window": LEFT_OUT}),
    "qwen2, the last layer slides": ("qwen2", {"layer_types": None, "max_window_layers": 2}),
    "qwen2, all layers slide": ("qwen2", {"layer_types": None, "max_window_layers": 0}),
    "qwen2 turned off": ("qwen2", {"layer_types": None, "use_sliding_window": False}),
    "qwen2 has its biases whatever is said": ("qwen2", {"attention_bias": False}),
    "gpt2 under the names of others": (
        "gpt2",
        {"n_head": LEFT_OUT, "num_attention_heads": 2, "n_embd": LEFT_OUT, "hidden_size": 16},
    ),
    "distilbert under the names of others": ("distilbert", {"n_heads": LEFT_OUT, "num_attention_heads": 2}),
    "gpt2 with a place for another text": ("gpt2", {"add_cross_attention": True}),
    "roberta with another padding": ("roberta", {"pad_token_id": 3}),
    "another activation": ("bert", {"hidden_act": "gelu_new"}),
    "another ε": ("llama", {"rms_norm_eps": 0.01}),
    "a default rotation turns all dimensions": ("llama", {"partial_rotary_factor": 0.5}),
    "so it does in its own object": ("llama", {"rope_parameters": DEFAULT | {"partial_rotary_factor": 0.5}}),
    "a base beside the rotation": ("llama", {"rope_parameters": LEFT_OUT, "rope_theta": 500.0}),
    "the base in the rotation wins": ("llama", {"rope_parameters": DEFAULT, "rope_theta": 500.0}),
    "the older object wins": (
        "llama",
        {"rope_parameters": DEFAULT, "rope_scaling": {"type": "linear", "factor": 2.0}},
    ),
    "the newer name of a kind wins": (
        "llama",
        {"rope_scaling": {"rope_type": "linear", "type": "yarn", "factor": 2.0}},
    ),
    "the trained length beside the rotation wins": (
        "llama",
        {"rope_parameters": YARN, "original_max_position_embeddings": 8},
    ),
    "yarn, its magnitude given": ("llama", {"rope_parameters": YARN | {"attention_factor": 2.0}}),
    "yarn, its factor null": ("llama", {"rope_parameters": YARN | {"factor": None}}),
    "yarn, one weight of two": ("llama", {"rope_parameters": YARN | {"mscale": 1.5, "mscale_all_dim": 0}}),
    "longrope, trained length left out": ("llama", {"rope_parameters": LONG | {"rope_type": "longrope"}}),
    "harmless keys": (
        "llama",
        {"pretraining_tp": 2, "torch_dtype": "bfloat16", "use_cache": False, "is_decoder": True, "temperature": 0.3},
    ),
}
#: The same where transformers goes by the family and not by the key: the key is named.
UNKNOWN = {
    "qwen3 made to see all by its own code": (
        "qwen3",
        {"use_bidirectional_attention": True, "auto_map": {"AutoModel": "own.Model"}},
    ),
    "llama with windows": ("llama", {"sliding_window": 3, "layer_types": [SLIDING, FULL]}),
    "mistral with biases": ("mistral", {"attention_bias": True}),
    "qwen3 with biases": ("qwen3", {"mlp_bias": True}),
    "bert made causal": ("bert", {"is_causal": True}),
    "bert with another name for its ε": ("bert", {"layer_norm_epsilon": 0.5}),
    "bert with a smaller embedding": ("bert", {"embedding_size": 8}),
    "bert with shared keys": ("bert", {"num_key_value_heads": 2}),
    "distilbert with another name for its activation": ("distilbert", {"hidden_act": "gelu"}),
    "gpt2 with another name for its activation": ("gpt2", {"hidden_act": "relu"}),
    "a multiplier of the scores": ("llama", {"attention_multiplier": 0.3}),
    "layers that are not rotated": ("llama", {"no_rope_layers": [0, 1]}),
    "a gate behind the attention": ("llama", {"attn_output_gate": True}),
    "a switch that is off": ("llama", {"use_rope": False}),
    "a rotation with keys of its own": ("llama", {"rope_parameters": DEFAULT | {"mrope_section": [2, 1, 1]}}),
}


def changed(config, changes):
    """The config with the changes."""
    merged = config | changes
    return {key: value for key, value in merged.items() if value != LEFT_OUT}
