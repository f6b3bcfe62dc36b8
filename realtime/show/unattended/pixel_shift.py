"""Moves the picture slowly by a few pixels, so that what stands still does not burn into a screen."""

REACH = 6  # pixels to each side
STEP = 30.0  # seconds from one step to the next: each is of one pixel, in one direction
SIDE = 2 * REACH + 1  # places in a row
MIDDLE = REACH * SIDE + REACH  # the number of the first place


def pixel_shift(seconds: float) -> tuple[int, int]:
    """Where the picture is after so many seconds, in pixels to the right and down, within REACH.

    It goes to and fro along every row, from the topmost to the lowest and back: within three hours.
    """
    row, column = divmod(int(seconds / STEP) + MIDDLE, SIDE)
    x = column if row % 2 == 0 else SIDE - 1 - column
    y = row % (2 * SIDE)
    return x - REACH, (y if y < SIDE else 2 * SIDE - 1 - y) - REACH
