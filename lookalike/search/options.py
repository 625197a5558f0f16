"""The settings of stage 07, from which config.py builds its section. Light to import."""

from pydantic import Field

from lookalike.core import options

__all__ = ["Options"]


class Options(options.Options):
    """How look-alikes are found."""

    enabled: bool = False
    """Whether run_all.py makes the index, too; a query makes it where it is missing."""
    host: str = "127.0.0.1"
    """Address to serve at; any but this machine's own needs a token."""
    port: int = Field(8000, ge=0, le=65535)
    """Port to serve at; 0: any that is free."""
    token: str = ""
    """Token that requests must bring; made up and printed where one is needed and none is set."""
    seed: int = Field(0, ge=0)
    """Seed of the index's axes and lists."""

    def parameters(self, stage: str = "") -> dict:
        """Return what the index depends on."""
        return self.model_dump(mode="json", include={"seed"})
