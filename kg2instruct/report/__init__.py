"""Looking at what was made: a build's report, records in notebooks and in a terminal, why a record is as it is."""
