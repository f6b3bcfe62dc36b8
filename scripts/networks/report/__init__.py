"""The report of a training: one calm page that shows what a network has learned, drawn by the product itself."""
