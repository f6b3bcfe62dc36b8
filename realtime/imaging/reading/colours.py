"""From the colours of a picture's profile to sRGB, in which everything is computed and shown."""

import io

from PIL import Image as Pillow

MAX_PROFILE = 16 << 20  # bytes; large ones are of printing presses


def to_srgb(picture: Pillow.Image) -> Pillow.Image:
    """A loaded picture without transparency, in mode RGB; a profile that cannot be used is passed over."""
    return _converted(picture) or (picture if picture.mode == "RGB" else picture.convert("RGB"))


def _converted(picture: Pillow.Image) -> Pillow.Image | None:
    """The picture in sRGB; None where it has no other profile."""
    content = picture.info.get("icc_profile")
    if not isinstance(content, bytes) or not 128 < len(content) < MAX_PROFILE:
        return None
    from PIL import ImageCms  # takes up to 0.1 s to load, and most pictures have no profile

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return None
        picture = picture.convert("RGB") if picture.mode == "P" else picture
        return ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
