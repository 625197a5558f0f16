"""Which tokens of a transformer make the vector of a photo: the class token, or the mean over its patches."""

from math import isqrt

__all__ = ["tokens_to_average"]

MOST_LEADING = 9  # a class token and eight registers


def tokens_to_average(count: int | None, pooling: str) -> slice:
    """Return the tokens, of `count` in a row, whose mean is the vector; None: their number is not known beforehand.

    A photo is a square of patches, so what is more than the largest square number are leading tokens: a class token,
    first, then registers. "cls" takes the class token, "mean" the patches, "auto" the class token where there is one.
    More than nine leading tokens are no such thing: then all are patches. Raises ValueError for "cls" without one.
    """
    leading = 0 if count is None else count - isqrt(count) ** 2
    leading = leading if leading <= MOST_LEADING else 0
    if pooling == "cls" and not leading and count is not None:
        raise ValueError(f"{count} tokens have no class token before them: take --extract.pooling mean")
    if pooling == "cls" or (pooling == "auto" and leading):
        return slice(0, 1)
    return slice(leading, count)
