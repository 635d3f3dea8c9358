"""Samples for training: as they are rendered, or read from a data set that was written (extra ``torch``); episodes of robots (extra ``lerobot``)."""
