"""What may be shown of a URL."""

import re


def public_name(url: str) -> str:
    """A URL without user, password and query, which must not appear on a screen."""
    return re.sub(r"(?<=://)[^/?#]*@|[?#].*", "", url) if "://" in url else url
