"""Look-alikes of any photo: an index of vectors, a table of words, and what is found by both."""
