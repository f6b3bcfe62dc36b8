"""For developers only: benchmarks, texture drawing, generated documentation."""
