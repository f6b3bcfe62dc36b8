"""What a network expects as its input, and how that is known."""
