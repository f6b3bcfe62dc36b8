"""Networks of Keras, with weights from its downloads or from files, as stored networks that compute the same."""
