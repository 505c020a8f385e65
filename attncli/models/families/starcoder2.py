"""StarCoder2 (Lozhkov et al. 2024): rotary positions and few key heads, with GPT-2's norms and feed-forward."""

from dataclasses import dataclass
from typing import ClassVar

from attncli.models.blocks.layers import Dense, FeedForward, LayerNorm
from attncli.models.blocks.windows import WindowRule
from attncli.models.families.llama import Kind, Llama
from attncli.models.family import Layer, Norm, OutputLayer


@dataclass(frozen=True, kw_only=True)
class Starcoder2(Llama):
    """A decoder of the family."""

    output = OutputLayer("embed_tokens.weight", ("lm_head.weight",), tied=True)
    tokenizers: ClassVar = {"starcoder2": "GPT2Tokenizer"}
    kinds: ClassVar = {
        "starcoder2": Kind(
            *(4096, 2, None, WindowRule(None, listed=False)),
            bias_keys={"use_bias": "q k v o c_fc c_proj"},
            bias_on=True,
            ignored="activation_function mlp_type norm_type",
            activation=("hidden_act", "gelu_pytorch_tanh"),
            eps_key="norm_epsilon",
            eps=1e-5,
        )
    }

    @classmethod
    def norm(cls, name: str, d: int, eps: float) -> Norm:
        """A layer norm."""
        return LayerNorm(name, d, eps)

    def feed_forward(self, name: str, number: int) -> Layer:
        """The feed-forward of block `number`."""
        d_model, d_ff = self.shape.d_model, self.d_ff
        inner = Dense(f"{name}.c_fc", d_model, d_ff, "c_fc" in self.biased)
        return FeedForward(inner, Dense(f"{name}.c_proj", d_ff, d_model, "c_proj" in self.biased), self.activation)


FAMILY = Starcoder2
