"""Files that are as new as the show: its report, and the values with which it can begin again."""
