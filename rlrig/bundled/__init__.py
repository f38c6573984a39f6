"""The checkpoints in the package, and all that made them: recipes, training, measuring, lessons.

Imports run down in that order; the commands beside these folders may import any of them.
"""
