"""Find the input of a network, and how pixels become its values."""
