"""Every target of the plan with today's value, its evidence, and what is missing."""
