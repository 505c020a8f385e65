"""The memory that a checkpoint of a billion parameters takes: a Llama in bfloat16, random weights, 16 tokens. Linux.

    python tests/bench/bench_models_memory.py

The checkpoint (2.1 GB in four shards) is written to a temporary folder in small pieces and deleted in the end. Another
process runs all layers, and its resident memory is read while it does: the pages of the mapped files, which the system
may drop at any time, and the process's own, in units of one layer widened to float32. Their bound is two layers.
"""

import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

D_MODEL, D_FF, N_LAYER, VOCABULARY, TOKENS = 2048, 8192, 16, 32_768, 16
N_HEAD, N_KV_HEAD, D_K = 32, 8, 64
SHARDS = 4
PIECE = 2**22  # numbers written at once
CONFIG = {
    **{"model_type": "llama", "hidden_size": D_MODEL, "intermediate_size": D_FF, "num_hidden_layers": N_LAYER},
    **{"num_attention_heads": N_HEAD, "num_key_value_heads": N_KV_HEAD, "vocab_size": VOCABULARY},
    **{"max_position_embeddings": 4096, "rope_theta": 500_000.0, "tie_word_embeddings": True},
}

Shapes = Mapping[str, tuple[int, ...]]


def layer_shapes(number: int) -> Shapes:
    """The arrays of one block."""
    name, kv = f"model.layers.{number}", N_KV_HEAD * D_K
    attention = {"q": (D_MODEL, D_MODEL), "k": (kv, D_MODEL), "v": (kv, D_MODEL), "o": (D_MODEL, D_MODEL)}
    mlp = {"gate": (D_FF, D_MODEL), "up": (D_FF, D_MODEL), "down": (D_MODEL, D_FF)}
    return {
        f"{name}.input_layernorm.weight": (D_MODEL,),
        f"{name}.post_attention_layernorm.weight": (D_MODEL,),
        **{f"{name}.self_attn.{part}_proj.weight": shape for part, shape in attention.items()},
        **{f"{name}.mlp.{part}_proj.weight": shape for part, shape in mlp.items()},
    }


def shard_shapes(shard: int) -> Shapes:
    """The arrays of one file: a share of the blocks, and in the first the embedding and the last norm."""
    whole = {"model.embed_tokens.weight": (VOCABULARY, D_MODEL), "model.norm.weight": (D_MODEL,)}
    shapes = dict(whole) if shard == 0 else {}
    for number in range(shard, N_LAYER, SHARDS):
        shapes |= layer_shapes(number)
    return shapes


def numbers(shapes: Shapes) -> int:
    """How many numbers the arrays hold."""
    return sum(math.prod(shape) for shape in shapes.values())


def pieces(count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Random bfloat16 numbers: the upper halves of float32 ones."""
    for start in range(0, count, PIECE):
        wide = rng.standard_normal(min(PIECE, count - start), dtype=np.float32) * np.float32(0.02)
        yield (wide.view(np.uint32) >> 16).astype("<u2").tobytes()


def write_shard(path: Path, shapes: Shapes, rng: np.random.Generator) -> None:
    """A safetensors file: the header's length, the header, the arrays."""
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for shape in shapes.values():
            file.writelines(pieces(math.prod(shape), rng))


def write_checkpoint(folder: Path) -> int:
    """The config, the shards and their index; how many parameters it has."""
    rng, weight_map, parameters = np.random.default_rng(0), {}, 0
    for shard in range(SHARDS):
        name, shapes = f"model-{shard + 1:05}-of-{SHARDS:05}.safetensors", shard_shapes(shard)
        write_shard(folder / name, shapes, rng)
        weight_map |= dict.fromkeys(shapes, name)
        parameters += numbers(shapes)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return parameters


def resident() -> dict[str, int]:
    """The process's own pages (RssAnon) and those of files (RssFile), in bytes."""
    rows = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if row[0].startswith("Rss")}


def watch(peak: dict[str, int], done: threading.Event) -> None:
    """Keep the largest of each, read every two milliseconds."""
    while not done.is_set():
        for name, size in resident().items():
            peak[name] = max(peak[name], size)
        time.sleep(0.002)


def measure(folder: Path) -> None:
    """Run the checkpoint, and print what it took."""
    from attncli.models.checkpoint.config import read_config
    from attncli.models.checkpoint.tensors import Checkpoint
    from attncli.models.families import read_family
    from attncli.models.pack import Pack

    family = read_family(read_config(folder))
    tensors, before = Checkpoint(folder, family.names), resident()
    peak, done = dict(before), threading.Event()
    watcher = threading.Thread(target=watch, args=(peak, done))
    watcher.start()
    start = time.perf_counter()
    pack = Pack.of([range(TOKENS)])
    x = family.embed(tensors, pack)  # [n, d_model]
    for number in range(N_LAYER):
        x = family.layer(tensors, number, x, pack).output
    x = family.final(tensors, x)
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    layer = 4 * numbers(layer_shapes(0))
    print(f"one layer in float32    {layer / 1e6:8.0f} MB; all layers, {TOKENS} tokens: {seconds:.1f} s")
    for name, words in {"RssFile": "pages of mapped files", "RssAnon": "the process's own"}.items():
        more = peak[name] - before[name]
        print(f"{words:24}{peak[name] / 1e6:8.0f} MB at most, {more / layer:5.2f} layers more than before")
    assert np.isfinite(x).all()
    assert peak["RssAnon"] - before["RssAnon"] <= 2 * layer


def main() -> None:
    """Write the checkpoint, run it in a process of its own, delete it."""
    with tempfile.TemporaryDirectory() as name:
        print(f"{'parameters':24}{write_checkpoint(Path(name)) / 1e9:8.2f} billion")
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    measure(Path(sys.argv[1])) if sys.argv[1:] else main()
