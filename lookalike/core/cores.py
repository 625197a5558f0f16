"""How many cores this process may use."""

__all__ = ["cpu_count"]


def cpu_count() -> int:
    """Return the number of cores, as affinity and a container's limit leave them."""
    import joblib  # late: it takes as long to import as many a search

    return joblib.cpu_count()
