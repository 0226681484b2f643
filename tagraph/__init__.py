"""Choose the few samples worth fine-tuning a language model on."""

__version__ = "0.1.0"
