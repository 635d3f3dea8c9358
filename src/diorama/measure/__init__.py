"""What real data look like, measured, and written as distributions that a plan draws from.

`coco` reads labelled pictures, `pictures` tells how they look, `statistics` makes tables of both. `steering` turns those tables into a plan,
`trial` makes a few pictures by it and corrects it by what they show. `table` reads CSV files. `report` draws what was measured against what
is drawn. `commands` is what the command line calls.
"""
