"""Group photos by what they show, say how many groups there are, draw the result."""

__version__ = "0.1.0"
