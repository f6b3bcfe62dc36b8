"""Sources of frames: cameras, streams, videos, pictures and the test pattern."""
