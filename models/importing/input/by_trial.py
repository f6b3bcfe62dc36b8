"""Test a guess of the input: the usual one that makes a classifier surest on photographs and on small changes of them.

A trained classifier has its logits spread by a few units. Fed pixels of 0 to 255 in place of 0 to 1 they explode;
the other way round they all but vanish. Among scales that look trained, the right one names different photographs
differently, and each as it names the mirrored and the cut one: the mutual information between photograph and class
(Bridle, Heading and MacKay 1991).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.importing.input.normalization import NORMALIZATIONS, InputEstimate, describe
from models.importing.input.trial_pictures import Floats, natural_image, normalized_input, photographs_and_changes
from models.spec import Hw, InputInfo

MIN_SPREAD, MAX_SPREAD = 0.4, 25.0
"""The usual spread (standard deviation over the classes) of a trained classifier's logits on a picture."""

MAX_DISTANCE = 2.3
"""E-folds, a factor of ten, outside of which a spread says nothing."""

CLEARER = 0.1
"""Nats by which another candidate must be surer than the guess to take its place."""

CLOSE = 0.9
"""The share of the best information from which on a candidate is close."""

WHOLE = 4
"""The number of photographs; they are tried in any case, and what is changed while there is time."""

MAX_BYTES = 2**26
"""Of the pictures for all candidates."""


def candidates_for(estimate: InputEstimate) -> list[InputInfo]:
    """The inputs to try: the guess, then the usual ones."""
    usual = [each.input(len(estimate.input.mean)) for each in NORMALIZATIONS]
    return [estimate.input, *(each for each in usual if each != estimate.input)]


def trial_feeds(candidates: Sequence[InputInfo], size_hw: Hw) -> Floats:
    """A seeded picture for each candidate, then each photograph for each candidate, (number, colours, H, W)."""
    pictures = [natural_image(size_hw), *(picture for _, picture in photographs_and_changes(size_hw))]
    most = max(MAX_BYTES // (len(candidates) * pictures[0].nbytes), 1 + WHOLE)
    return np.concatenate([normalized_input(picture, each) for picture in pictures[:most] for each in candidates])


def by_trial(estimate: InputEstimate, candidates: Sequence[InputInfo], logits: Floats) -> InputEstimate:
    """The estimate after the trial; `logits` are those of `trial_feeds`, of as many as there was time for."""
    count = len(candidates)
    whole = len(logits) // count
    by_picture = logits[: whole * count].reshape(whole, count, -1)
    estimate = _by_spread(estimate, candidates, by_picture[0])
    return _by_information(estimate, candidates, by_picture)


def _by_spread(estimate: InputEstimate, candidates: Sequence[InputInfo], logits: Floats) -> InputEstimate:
    """The first candidate whose logits are spread as usual, or else the nearest."""
    distances = [_outside(each) for each in logits]
    nearest = int(np.argmin(distances))
    if nearest == 0 or distances[nearest] > MAX_DISTANCE:
        return estimate
    return InputEstimate(candidates[nearest], "its scores look trained on this scale", sure=False)


def _outside(logits: Floats) -> float:
    """How many e-folds the spread lies outside of the usual; NaN and infinity are far away."""
    spread = float(logits.astype(np.float64).std()) if np.isfinite(logits).all() else 0.0
    if spread == 0.0:
        return 10 * MAX_DISTANCE
    return float(max(np.log(MIN_SPREAD / spread), np.log(spread / MAX_SPREAD), 0.0))


def _by_information(estimate: InputEstimate, candidates: Sequence[InputInfo], logits: Floats) -> InputEstimate:
    """The candidate that is clearly surer on photographs than the estimate, or the estimate; with those close to it."""
    numbers = [number for number, _ in photographs_and_changes((2, 2))][: len(logits) - 1]
    if (
        len(numbers) < WHOLE or estimate.input.colours == "GREY"
    ):  # what takes grey, such as digits, knows no photographs
        return estimate
    usual = [all(_outside(each) <= 0 for each in logits[:, place]) for place in range(len(candidates))]
    found = [_information(logits[1:, place], numbers) if usual[place] else 0.0 for place in range(len(candidates))]
    own, best = candidates.index(estimate.input), int(np.argmax(found))
    if found[best] > found[own] + CLEARER:
        own, estimate = best, InputEstimate(candidates[best], "surest on photographs", sure=False)
    close = [
        describe(each)
        for each, value in zip(candidates, found, strict=True)
        if each != candidates[own] and value > max(CLOSE * found[own], CLEARER)
    ]
    return replace(estimate, reason=f"{estimate.reason}, close to it {' and '.join(close)}") if close else estimate


def _information(logits: Floats, numbers: Sequence[int]) -> float:
    """The mutual information between photograph and class, in nats; a photograph is the mean of its changes."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    probabilities = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    means = np.array([probabilities[[each == number for each in numbers]].mean(axis=0) for number in set(numbers)])
    return float(_entropy(means.mean(axis=0)) - np.mean([_entropy(each) for each in means]))


def _entropy(probabilities: NDArray[np.float64]) -> float:
    return float(-(probabilities * np.log(probabilities + 1e-12)).sum())
