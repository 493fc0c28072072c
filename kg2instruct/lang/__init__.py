"""Per-language knowledge: folding, script variants, sentences, words, numbers, dates, units."""
