"""What the checkpoints are taught: drawn scenes, edits and mends of them, questions about them, all from the truth."""
