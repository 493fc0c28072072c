"""Using models: answers to files of instruction rows, conversations in a terminal, a web page."""
