"""What a finished graph computes from a network: one head a file."""
