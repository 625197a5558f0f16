"""The settings of stage 06, from which config.py builds its section. Light to import."""

from pydantic import Field

from lookalike.core import options

__all__ = ["Options"]


class Options(options.Options):
    """How a grouping is drawn."""

    max_rows: int = Field(5_000, ge=10)
    """Photos in the t-SNE map at most; above, so many are sampled."""
    perplexity: float = Field(30, gt=1)
    """Perplexity of t-SNE: about how many neighbours count."""
    umap: bool = False
    """Draw umap.png beside tsne.png; needs the extra umap: pip install 'lookalike[umap]'."""
    umap_neighbours: int = Field(15, ge=2)
    """Neighbours that count in UMAP."""
    thumbnail: int = Field(72, ge=16, le=512)
    """Side of the contact sheet's thumbnails in pixels."""
    max_images: int = Field(20, ge=1)
    """Photos a column of the contact sheet."""
    max_columns: int = Field(40, ge=1)
    """Columns a page of the contact sheet."""
    memory_mb: int = Field(1024, ge=1)
    """Memory in MB that a page of the contact sheet may take."""
    picture_side: int = Field(2_400, ge=200)
    """Longer side of the map of photos in pixels."""
    gallery: bool = True
    """Write gallery.html: the page to look through groups, correct them and take photos away, without a server."""
    projector: bool = False
    """Write files for TensorBoard's projector, too."""
    seed: int = Field(0, ge=0)
    """Seed of layouts and samples."""
