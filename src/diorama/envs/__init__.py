"""Scenes inside a training loop: Gymnasium environments (extra ``gym``)."""
