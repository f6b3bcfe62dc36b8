"""Vision transformers: their tokens and their attention as feature maps."""
