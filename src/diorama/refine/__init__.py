"""Bringing renderings closer to photographs: refiners that change colours and nothing else, and measures of what is left of the gap."""
