"""For developers only: benchmarks, drawn textures, generated documentation."""
