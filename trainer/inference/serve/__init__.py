"""The web page: an instruction is built, a model answers, and what it found is shown as table, graph and marks."""
