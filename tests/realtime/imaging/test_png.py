"""PNG files keep every pixel."""

from pathlib import Path

import cv2
import numpy as np

from realtime.imaging.png import encode_png, write_png


def test_a_flipped_view_survives(tmp_path: Path) -> None:
    image = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)[:, ::-1]
    write_png(tmp_path / "a.png", image)
    content = (tmp_path / "a.png").read_bytes()
    assert content == encode_png(image)
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded, image)
