"""The views, one file each; a new one is a new file and its line in `ALL`."""

from realtime.view import View
from realtime.views.camera import CameraView
from realtime.views.mosaic import MosaicView
from realtime.views.story import StoryView

ALL: tuple[type[View], ...] = (MosaicView, StoryView, CameraView)
