"""The keys of a config.json that change no attention in any family; a key that is not read is named unless it is here.

From the configuration classes of transformers 5.24, and from keys that its earlier versions, tokenizers, trainers and
converters have left in checkpoints.
"""

import re
from collections.abc import Mapping
from typing import Any

from attncli.errors import quoted
from attncli.models.checkpoint.config import Config, keys_in

#: Keys that change nothing, with any value.
HARMLESS = keys_in(
    # the file, and the code that wrote and loads it
    """_name_or_path name_or_path _commit_hash name language languages license description model_type model_name
    architectures auto_map transformers_version adapter_transformers_version sentence_transformers
    transformers.js_config custom_pipelines finetuning_task torchscript use_bfloat16 torch_dtype dtype params_dtype
    xla_device unsloth_version unsloth_fixed optimum_version setfit_version export_model_type is_llama_config neuron
    tensor_parallel_size tp_degree model_max_length max_seq_length
    max_sequence_length max_trained_positions tokenizer_model_max_length max_length seq_length training_length n_ctx
    tokenizer_class tokenizer_name tokenizer_type prefix trust_remote_code
    """
    # ways to compute the same
    + """_attn_implementation attn_implementation _attn_implementation_internal _attn_implementation_autoset
    _experts_implementation experts_implementation _experts_implementation_internal _flash_attn_2_enabled
    use_flash_attn use_flash_attention use_flash_attention_2 flash_attn use_sdpa use_memory_efficient_attention
    use_cache cache_implementation gradient_checkpointing use_gradient_checkpointing chunk_size_feed_forward
    reorder_and_upcast_attn upcast_attn attention_softmax_in_fp32 pretraining_tp fused_mlp fused_dropout_add_ln
    fused_bias_fc unpad_inputs tf_legacy_loss
    output_attentions output_hidden_states output_past output_scores return_dict return_dict_in_generate
    remove_invalid_values tie_last_hidden_states low_memory use_return_dict past mem_efficient disable_exllama
    """
    # training
    + """initializer_range initializer_factor initializer_cutoff_factor init_std init_device attention_dropout
    attention_probs_dropout_prob attn_pdrop attn_dropout hidden_dropout_prob hidden_dropout dropout dropout_rate
    resid_pdrop resid_dropout residual_dropout embd_pdrop embed_dropout embedding_dropout emb_pdrop dropatt
    classifier_dropout classifier_dropout_prob cls_dropout qa_dropout seq_classif_dropout mlp_dropout layerdrop
    encoder_layerdrop decoder_layerdrop
    summary_first_dropout summary_last_dropout head_dropout label_smoothing loss_type loss_function use_loss_weights
    loss_reduction generator_size generator_hidden_size ddp_timeout router_aux_loss_coef output_router_logits
    mask_prob layer_dropout activation_dropout gradient_clipping
    num_labels _num_labels num_choices problem_type id2label label2id label2index regression freeze freeze_base training
    """
    # tokens, and generating them
    + """bos_token_id eos_token_id eos_token_ids do_lower_case pad_token_id cls_token_id sep_token_id mask_token_id
    unk_token_id
    decoder_start_token_id bos_token eos_token pad_token unk_token mask_token cls_token sep_token boi_token_id
    suppress_tokens begin_suppress_tokens forced_bos_token_id forced_eos_token_id bad_words_ids task_specific_params
    do_sample temperature top_k top_p top_h min_p typical_p epsilon_cutoff eta_cutoff repetition_penalty length_penalty
    diversity_penalty encoder_repetition_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size early_stopping
    exponential_decay_length_penalty max_new_tokens min_length min_new_tokens max_time num_beams num_beam_groups
    num_return_sequences penalty_alpha renormalize_logits guidance_scale generation_config chat_template
    num_assistant_tokens num_assistant_tokens_schedule assistant_confidence_threshold assistant_lookbehind
    target_lookbehind stop_strings watermarking_config sequence_bias
    vocab_size type_vocab_size pad_vocab_size_multiple padding_idx padding_side padded_vocab_size n_special
    predict_special_tokens byteorder
    """
    # heads and poolers behind the last layer, and the switches of features that attn has no use for
    + """tie_word_embeddings tie_encoder_decoder tie_weights_ shared_input_output_embedding
    cross_attention_hidden_size directionality
    pooler_fc_size pooler_num_attention_heads pooler_num_fc_layers pooler_size_per_head pooler_type pooler_hidden_act
    pooler_hidden_size pooler_dropout add_pooling_layer classifier_pooling classifier_bias classifier_activation
    summary_type summary_use_proj summary_activation summary_proj_to_labels classifiers_size head_type num_classes
    final_logit_softcapping logits_soft_cap logit_scale logits_scaling id2tag tag2id dense_dim
    sbert_ce_default_activation_function pooling pooling_mode normalize normalize_embeddings similarity_fct_name
    prompts matryoshka_dimensions projection_dim
    """
)

#: Keys that change nothing with these values, which turn a feature off.
INERT: Mapping[str, tuple[Any, ...]] = {
    **dict.fromkeys(
        keys_in("""is_encoder_decoder is_decoder add_cross_attention use_sliding_window attention_bias mlp_bias
        qkv_bias use_qk_norm qk_norm qk_layernorm
        use_mla use_alibi alibi rope_interleaved rotary_interleaved parallel_attn use_parallel_residual prenorm rms_norm
        scale_attn_by_inverse_layer_idx scale_attn_by_layer_idx no_bias bias use_mrope"""),
        (False,),
    ),
    **dict.fromkeys(("pruned_heads", "prediction_heads", "custom_heads", "per_layer_config"), ({}, [])),
    **dict.fromkeys(("residual_multiplier", "embedding_multiplier", "partial_rotary_factor", "rotary_pct"), (1,)),
    **dict.fromkeys(keys_in("num_experts num_local_experts n_routed_experts attention_sinks sliding_window"), (0,)),
    "position_embedding_type": ("absolute",),
}

#: Sizes that change nothing where they are the size of the model.
SAME_SIZE = ("embedding_size", "emb_size")
#: Keys of other code for the mask, and the value of each that hides later tokens.
MASKS: Mapping[str, bool] = {
    **dict.fromkeys(("use_bidirectional_attention", "is_bidirectional", "bidirectional"), False),
    **dict.fromkeys(("is_causal", "causal"), True),
}


def unknown_keys(config: Config, d_model: int, causal: bool) -> list[str]:
    """The keys that have a value, that the family did not read, and that may change the numbers.

    A key within an object that the family reads is named with the object: `rope_scaling.x`.
    """
    as_declared = {**dict.fromkeys(SAME_SIZE, d_model), **{key: hides == causal for key, hides in MASKS.items()}}
    unknown = [
        key
        for key, value in config.values.items()
        if not (
            key in config.honoured or _is_harmless(key, value) or (key in as_declared and value == as_declared[key])
        )
    ]
    for name, known in config.known.items():
        if isinstance(inner := config.values.get(name), dict):
            unknown += [f"{name}.{key}" for key, value in inner.items() if value is not None and key not in known]
    for name, nested in config.inner.items():
        unknown += [f"{name}.{key}" for key in unknown_keys(nested, d_model, causal)]
    return unknown


def named(names: list[str], most: int = 5, width: int = 40) -> str:
    """The names in one line of bounded length, those that hold more than letters, digits and dots in quotes."""
    plain = re.compile(rf"[\w.]{{1,{width}}}", re.ASCII)
    shown = [name if plain.fullmatch(name) else quoted(name, width) for name in names[:most]]
    return ", ".join(shown) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def _is_harmless(key: str, value: Any) -> bool:
    if value is None or key in HARMLESS:
        return True
    if key == "adapters":  # a model without adapters has empty maps
        return isinstance(value, dict) and not any(value.values())
    if key == "layer_types":
        return isinstance(value, list) and all(each == "full_attention" for each in value)
    return value in INERT.get(key, ())
