"""Buildings of the street."""
