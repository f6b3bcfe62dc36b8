"""From the colours of a picture's profile to sRGB, in which everything is computed and shown."""

import io

from PIL import Image as Pillow
from PIL import ImageCms

SRGB = ImageCms.createProfile("sRGB")
MAX_PROFILE = 16 << 20  # bytes; large ones are of printing presses


def to_srgb(picture: Pillow.Image) -> Pillow.Image:
    """A loaded picture without transparency, in mode RGB; a profile that cannot be used is passed over."""
    content = picture.info.get("icc_profile")
    if not isinstance(content, bytes) or not 128 < len(content) < MAX_PROFILE:
        return picture.convert("RGB")
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return picture.convert("RGB")
        return ImageCms.profileToProfile(picture, profile, SRGB, outputMode="RGB") or picture.convert("RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture.convert("RGB")
