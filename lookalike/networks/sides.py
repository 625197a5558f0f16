"""The side of the squares that the network in a model file sees."""

from lookalike.core.errors import UserError

__all__ = ["side_of"]

DEFAULT_SIZE = 224  # of a network that takes any size and comes without one


def side_of(own: int | None, asked: int | None, name: str, section: str) -> int:
    """Return the side in pixels: the file's own where it is fixed, else the one asked for, else the usual one.

    name: of the file; section: of the settings; UserError names both where another side is asked for than the own.
    """
    if own and asked and own != asked:
        raise UserError(f"expected {section}.size {own}, which {name} is made for, found {asked}")
    return own or asked or DEFAULT_SIZE
