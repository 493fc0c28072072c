"""Datasets as others see them: the push to the Hub."""
