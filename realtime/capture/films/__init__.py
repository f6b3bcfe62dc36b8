"""Films: video files and network streams, decoded with PyAV, and animated pictures."""
