"""Pictures of a grouping: maps, contact sheets, curves, a gallery. Computes no scores and needs no display."""
