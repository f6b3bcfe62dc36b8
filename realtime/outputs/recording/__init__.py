"""From canvases to files: takes on a clock of their own, GIF and MP4 through ffmpeg, stills, the last ten seconds."""
