"""Commands that turn a picture into pictures or videos."""
