"""Plants of the street."""
