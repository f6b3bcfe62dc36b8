"""The commands: one file per command, and `cli`, the table of them."""
