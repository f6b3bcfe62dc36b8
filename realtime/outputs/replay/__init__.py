"""The last seconds of the show, encoded in memory, to be saved at any time."""
