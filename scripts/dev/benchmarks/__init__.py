"""The measurements of `ventral bench`, one part per file, each against an alternative in the same process."""
