"""Scenes of streets: road networks, and what is staged on them."""
