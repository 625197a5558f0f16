"""What a person said of the groups: an append-only log of corrections, and their application to any grouping.

A row names photos by the sha256 of their files, never by path or number of a group, so it outlives both.
"""
