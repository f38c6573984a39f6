"""How good a checkpoint is: what is held out, trials on it and their figures, contact sheets."""
