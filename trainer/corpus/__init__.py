"""Pretraining corpora: sources cleaned, tokenised, split into samples, mixed in an order that needs no memory."""
