"""Records verified: by rules, by natural-language inference, and how noisy each relation is likely to be."""
