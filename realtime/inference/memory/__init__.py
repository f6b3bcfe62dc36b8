"""The memory of a show: what it holds, what it gives back, and which sessions stay open."""
