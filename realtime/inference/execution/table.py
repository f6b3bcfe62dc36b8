"""The table of execution providers.

CUDA and the CPU are chosen by themselves; the others only where `--provider` names them.
"""

from typing import Literal, TypeAlias

from realtime.inference.execution.kind import ProviderKind
from realtime.inference.execution.libraries import cuda_fault, tensorrt_fault, tensorrt_rtx_fault

ProviderChoice: TypeAlias = Literal[
    "auto", "cpu", "cuda", "openvino", "openvino-gpu", "coreml", "directml", "tensorrt", "tensorrt-rtx"
]
"""What `--provider` takes."""

KINDS = (
    ProviderKind("CPU", "cpu", "CPU", "onnxruntime", precisions=("fp32", "int8")),
    ProviderKind(
        "CUDA",
        "cuda",
        "CUDA",
        "onnxruntime-gpu",
        cuda_fault,
        {
            "cudnn_conv_algo_search": "HEURISTIC",
            "arena_extend_strategy": "kSameAsRequested",
            "use_tf32": "1",
            "prefer_nhwc": "0",
        },
        precisions=("fp32", "fp16"),
        device="cuda",
    ),
    ProviderKind(
        "OpenVINO",
        "openvino",
        "OpenVINO",
        "onnxruntime-openvino",
        options={"device_type": "CPU"},
        threads_option="num_of_threads",
        precisions=("fp32", "bf16"),
        precision_options={"bf16": {"load_config": '{"CPU": {"INFERENCE_PRECISION_HINT": "bf16"}}'}},
        compiles=True,
    ),
    ProviderKind(
        "OpenVINO GPU",
        "openvino-gpu",
        "OpenVINO",
        "onnxruntime-openvino",
        options={"device_type": "GPU", "precision": "FP32"},
        precisions=("fp32", "fp16"),
        compiles=True,
    ),
    ProviderKind(
        "CoreML",
        "coreml",
        "CoreML",
        "onnxruntime on macOS",
        options={"ModelFormat": "MLProgram", "RequireStaticInputShapes": "1"},
        compiles=True,
    ),
    ProviderKind("DirectML", "directml", "Dml", "onnxruntime-directml on Windows"),
    ProviderKind(
        "TensorRT",
        "tensorrt",
        "Tensorrt",
        "onnxruntime-gpu",
        tensorrt_fault,
        precisions=("fp32", "fp16"),
        device="cuda",
        compiles=True,
    ),
    ProviderKind(
        "TensorRT for RTX",
        "tensorrt-rtx",
        "NvTensorRTRTX",
        "onnxruntime-gpu",
        tensorrt_rtx_fault,
        precisions=("fp32", "fp16"),
        device="cuda",
        compiles=True,
    ),
)

BY_NAME = {kind.name: kind for kind in KINDS}
BY_OPTION = {kind.option: kind for kind in KINDS}
