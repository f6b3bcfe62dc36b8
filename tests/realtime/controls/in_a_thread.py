"""Posts to the controls as a remote control would, from a thread of its own."""

import threading

from realtime.controls.controls import Controls


def in_a_thread(controls: Controls, path: str, new: object) -> None:
    thread = threading.Thread(target=controls.post, args=(path, new))
    thread.start()
    thread.join()
