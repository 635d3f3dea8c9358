"""Samples for training: as they are rendered (extra ``torch``), or read from a data set that was written."""
