"""Examples to instruction rows: tasks, templates, output formats, sampling."""
