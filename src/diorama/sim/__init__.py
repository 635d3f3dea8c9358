"""The engine: scenes as data, physics, rendering and exact labels. Imports nothing else of the project."""
