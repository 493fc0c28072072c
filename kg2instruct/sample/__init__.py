"""The built-in sample: pages and entities written for this project."""
