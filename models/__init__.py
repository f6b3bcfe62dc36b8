"""The network as a graph: zoo, export, surgery, heads and the graphs built from them."""
