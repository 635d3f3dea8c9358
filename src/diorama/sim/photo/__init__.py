"""What can be told from a photograph, or is told beside it: where its camera stood, the light there was, its grain and blur.

All of it is whole numbers, sums and square roots, rounded where it is not, and so the same on every machine.
"""
