"""Run networks in ONNX Runtime, in a process of its own: `python trial_process.py FOLDER`.

ONNX Runtime 1.31 can die with SIGFPE or SIGSEGV on a network that it accepts, and nothing can catch that. The folder
holds `job.json` (a list of runs: model file, input, outputs, how many feeds are needed,
and after how many seconds the others are left out) and `<number>.npy` with the feeds of each run, stacked;
`<number>.npz` receives the outputs. The last line on stdout is the error when a run fails. It imports nothing of
Ventral: it starts faster, and no `models` package in the working directory can get in its way.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

FAILED = 3
"""The exit status when ONNX Runtime reports an error."""

FATAL_ONLY = 4


def main(folder: Path) -> None:
    """Run every job in `folder`."""
    for number, job in enumerate(json.loads((folder / "job.json").read_text())):
        _run(folder, number, job)


def _run(folder: Path, number: int, job: dict[str, Any]) -> None:
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(folder / job["model"], options, providers=["CPUExecutionProvider"])
    results, deadline = [], time.monotonic() + job["seconds"]
    for place, feed in enumerate(np.load(folder / f"{number}.npy")):
        if place >= job["needed"] and time.monotonic() > deadline:
            break
        results.append(session.run(job["outputs"], {job["input"]: feed[None]}))
    np.savez(folder / f"{number}.npz", *(np.concatenate(each) for each in zip(*results, strict=True)))


if __name__ == "__main__":
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        main(Path(sys.argv[1]))
    except Exception as error:  # onnxruntime raises classes of its own, which derive from Exception alone
        sys.stdout.write(" ".join(str(error).split()) or type(error).__name__)
        sys.exit(FAILED)
