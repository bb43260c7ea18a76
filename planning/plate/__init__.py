"""Maps on paper: what stands on them, for whom, and the words around them."""
