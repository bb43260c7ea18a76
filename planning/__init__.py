"""Floor 2, the jobs: each reads, computes and writes, once."""
