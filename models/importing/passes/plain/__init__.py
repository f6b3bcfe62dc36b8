"""The passes that leave one graph of plain operators, in one opset."""
