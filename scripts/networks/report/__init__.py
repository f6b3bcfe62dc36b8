"""The report of a training run: one HTML page that shows what the network has learned."""
