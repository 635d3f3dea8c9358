"""Bicycles and motorcycles: frames, wheels that turn, handlebars that steer, and where their riders' hands and feet are."""
