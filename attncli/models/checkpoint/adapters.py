"""Adapters (LoRA and its like): what they add to, and how the two become one model."""

import shlex
from pathlib import Path

from attncli.errors import ResourceError
from attncli.files.json_files import read_object

CONFIG = "adapter_config.json"
#: PEFT's task types → the class that opens an adapter of it.
CLASSES = {
    "CAUSAL_LM": "AutoPeftModelForCausalLM",
    "SEQ_2_SEQ_LM": "AutoPeftModelForSeq2SeqLM",
    "SEQ_CLS": "AutoPeftModelForSequenceClassification",
    "TOKEN_CLS": "AutoPeftModelForTokenClassification",
    "QUESTION_ANS": "AutoPeftModelForQuestionAnswering",
    "FEATURE_EXTRACTION": "AutoPeftModelForFeatureExtraction",
}
PROMPTS = ("PROMPT_TUNING", "MULTITASK_PROMPT_TUNING", "PREFIX_TUNING", "P_TUNING", "ADAPTION_PROMPT", "CPT")


def adapter_error(text: str, folder: Path) -> ResourceError:
    """The error for the folder of an adapter, which was called `text`: its kind, its base, and what makes a model."""
    config = read_object(folder / CONFIG)
    kind = _word(config.get("peft_type") or config.get("config"))
    base = _word(config.get("base_model_name_or_path") or config.get("model_name"))
    names = f" ({'LoRA' if kind == 'LORA' else kind})" if kind else ""
    of = f" for {base!r}" if base else ""
    hint = f"the model without it: --model {shlex.quote(base)}" if kind in PROMPTS and base else ""
    return ResourceError(
        f"{text!r} is an adapter{names}{of}, which changes a model and is none by itself",
        hint or _merging(str(folder), _word(config.get("task_type")), base),
    )


def _merging(folder: str, task: str, base: str) -> str:
    """The command that makes one model of the adapter and its base, as PEFT documents merge_and_unload."""
    merged = shlex.quote(folder.rstrip("/") + "-merged")
    name = CLASSES.get(task, "AutoPeftModelForCausalLM")
    code = f"import sys, peft; peft.{name}.from_pretrained(sys.argv[1]).merge_and_unload().save_pretrained(sys.argv[2])"
    with_base = f"{merged} merges it" + ("" if base else " into its base, once adapter_config.json names one")
    return f'python -c "{code}" {shlex.quote(folder)} {with_base}; copy the tokenizer.json of the base there too'


def _word(value: object) -> str:
    """The text, if it is one and no novel."""
    return value if isinstance(value, str) and len(value) <= 200 else ""
