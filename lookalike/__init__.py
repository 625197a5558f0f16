"""Group photos by what they show, say how many groups there are, draw the result, find look-alikes."""

__version__ = "0.1.0"
