"""The presets that come with the program: TOML files with a table per group of values."""
