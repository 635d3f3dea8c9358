"""Files and recipes to meshes: loading, convex pieces, a catalogue of what there is."""
