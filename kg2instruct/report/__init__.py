"""Looking at what was made: the report of a build, records in a notebook and in a terminal, and why a record is as it is."""
