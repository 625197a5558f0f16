"""Which photos there are and what is known about them: listing, reading, labels, duplicates."""
