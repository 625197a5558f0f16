"""The one exception for what a user can mend; everything else is a bug and keeps its traceback."""

__all__ = ["UserError"]


class UserError(Exception):
    """A fault the user can mend. The message is one line: what was expected, what was found, what to do."""
