"""Guess what a network is fed from who wrote its file."""

from __future__ import annotations

import re

import onnx

from models.importing.input.normalization import CAFFE, TENSORFLOW, TORCH, Normalization


def by_producer(model: onnx.ModelProto, name: str) -> tuple[Normalization, str]:
    """The recipe of whoever wrote `model`, in the file called `name`, and why: a guess, to be tried."""
    producer = f"{model.producer_name} {model.graph.name}".lower()
    tensors = {each for node in model.graph.node[:12] for each in (*node.input, *node.output, node.name)}
    words = " ".join(tensors).lower()
    if re.search(r"pytorch|torch", producer):
        return TORCH, "as PyTorch's networks want it"
    if re.search(r"tf2onnx|keras|tensorflow", producer) or ":0" in words:
        if re.search(r"resnet(50|101|152)(?!v2)|vgg", f"{name} {words}".lower()):
            return CAFFE, "as Keras's networks of that name want it"
        return TENSORFLOW, "as TensorFlow's networks want it"
    if re.search(r"mxnet|gluon", f"{producer} {words}") or re.search(r"_conv0_fwd|mobilenetv\d*_\d+", words):
        return TORCH, "as MXNet's networks want it"
    if "caffe" in producer or re.search(r"\bdata(_0)?\b", words) or re.search(r"conv1_1|fire2|inception_3a|fc6", words):
        return CAFFE, "as Caffe's networks want it"
    return TORCH, "as most networks want it"
