"""Runs a teacher in ONNX Runtime."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.answers import AnswersHead
from models.errors import ModelError, one_line
from models.spec import Hw
from models.training.distillation.lesson import Lesson

Answers: TypeAlias = tuple[NDArray[np.float16], ...]
"""For a batch: the features of each layer, (n, height, width, channels) of length 1, then the probabilities
(n, classes) if the teacher has a classifier."""


class Teacher:
    """Answers pictures of `side` x `side` pixels; `sizes_hw` are the sizes of the features of each layer."""

    def __init__(self, lesson: Lesson, sizes_hw: tuple[Hw, ...], side: int) -> None:
        """Raises ModelError when the teacher can be run neither at that size nor at that of its classifier."""
        self.lesson = lesson
        self._head = AnswersHead(tuple(layer.name for layer in lesson.layers), sizes_hw, lesson.teaches_classes)
        self._size_hw, self._session = self._open(side)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each answer for one picture."""
        return [tuple(output.shape) for output in self._session.get_outputs()]

    def answers(self, pictures: NDArray[np.uint8]) -> Answers:
        """The answers for pictures BGR (n, height, width, 3), on all cores."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            rows = list(pool.map(self._answer, pictures))
        return tuple(np.stack(column) for column in zip(*rows, strict=True))

    def _answer(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float16]]:
        image = np.ascontiguousarray(cv2.resize(picture, self._size_hw[::-1], interpolation=cv2.INTER_LINEAR))
        answers: list[NDArray[np.float16]] = self._session.run(None, {"image": image})
        return answers

    def _open(self, side: int) -> tuple[Hw, Any]:
        """The first size of pictures that the network takes, and a session of that size."""
        network, reason = self.lesson.network, ""
        sizes = [network.info.input.limits.fit((side, side))]
        if network.info.classifier:
            sizes.append(network.info.classifier.size_hw)
        for size_hw in dict.fromkeys(sizes):
            try:
                session = _one_thread_session(GraphSpec(network, self._head, size_hw))
                session.run(None, {"image": np.zeros((*size_hw, 3), np.uint8)})
                return size_hw, session
            except Exception as error:  # ONNX and ONNX Runtime raise errors of several kinds
                reason = one_line(error)
        raise ModelError(
            f"{network.info.name} cannot teach with pictures of {side}x{side} pixels: {reason};"
            " choose another --size or --teacher-layers"
        )


def _one_thread_session(spec: GraphSpec) -> Any:
    """A session that uses one thread for each picture."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(build(spec), options, providers=["CPUExecutionProvider"])
