"""Settings inside the files that they made: how a show was set, and where the text is in each kind of file."""
