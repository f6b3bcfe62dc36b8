"""Guess the normalization of the input from the program that wrote the file."""

import re

import onnx

from models.importing.input.normalization import CAFFE, TENSORFLOW, TORCH, Normalization


def by_producer(model: onnx.ModelProto, name: str) -> tuple[Normalization, str]:
    """The usual normalization of the program that wrote `model`, in the file `name`, and the reason: a guess."""
    producer = f"{model.producer_name} {model.graph.name}".lower()
    tensors = {each for node in model.graph.node[:12] for each in (*node.input, *node.output, node.name)}
    names = " ".join(tensors).lower()
    if re.search(r"pytorch|torch", producer):
        return TORCH, "usual for PyTorch"
    if re.search(r"tf2onnx|keras|tensorflow", producer) or ":0" in names:
        if re.search(r"resnet(50|101|152)(?!v2)|vgg", f"{name} {names}".lower()):
            return CAFFE, "usual for this network of Keras"
        return TENSORFLOW, "usual for TensorFlow"
    if re.search(r"mxnet|gluon", f"{producer} {names}") or re.search(r"_conv0_fwd|mobilenetv\d*_\d+", names):
        return TORCH, "usual for MXNet"
    if "caffe" in producer or re.search(r"\bdata(_0)?\b", names) or re.search(r"conv1_1|fire2|inception_3a|fc6", names):
        return CAFFE, "usual for Caffe"
    return TORCH, "the most common one"
