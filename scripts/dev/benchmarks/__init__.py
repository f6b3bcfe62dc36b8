"""What `ventral bench` measures: one part a file, each side by side in one process."""
