"""The best quality of GIF: a palette for every frame, pixels that stay where they can, and LZW with a bounded loss."""
