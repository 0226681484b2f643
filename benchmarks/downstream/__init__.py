"""Whether training on what a policy chose does good: a small model, equal tokens, held-out loss."""
