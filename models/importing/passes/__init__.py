"""The passes that bring an imported graph into one form, one file each."""
