"""What a show tells programs that watch it over HTTP: whether pictures come, and its measurements."""
