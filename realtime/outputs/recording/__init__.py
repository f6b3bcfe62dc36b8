"""From canvases to files: recordings on a clock of their own, GIF and MP4 through ffmpeg, stills."""
