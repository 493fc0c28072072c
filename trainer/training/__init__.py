"""Pretraining, LoRA tuning, merging: settings in YAML, launched by torchrun or DeepSpeed."""
