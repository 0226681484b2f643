"""A causal model of a few thousand weights, made on the spot: real files, real library."""

from pathlib import Path

MARKS = ["<|end|>", "<|im_start|>", "<|im_end|>"]


def make_tiny_model(folder: Path, *, chat: bool, seed: int = 0) -> Path:
    """Save a random Llama over bytes as safetensors, with or without the marks of ChatML."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    marks = MARKS if chat else MARKS[:1]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*marks, *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(marks)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=marks[0]).save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=4096,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
