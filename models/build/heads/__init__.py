"""What a graph computes from a network: one head per file, and what several heads share."""
