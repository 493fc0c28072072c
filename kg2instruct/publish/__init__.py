"""Datasets as others see them: the dataset card, and the push to the Hub."""
