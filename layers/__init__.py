"""Floor 1: what the data mean and where they rest."""
