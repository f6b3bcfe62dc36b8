"""What is drawn over the canvas in the window, and never recorded: status line, cursor, help."""
