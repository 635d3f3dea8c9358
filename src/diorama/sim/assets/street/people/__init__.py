"""People and what they ride: bodies posed by their joints, clothed, and cycles that they sit on."""
