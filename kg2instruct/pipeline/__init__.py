"""How stages run: shards, workers, resumption, and the order of stages of each command."""
