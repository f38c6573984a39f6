"""Reflection-GRPO: train the Actor on its instructions and the editor on its edits, by the Checker's verdicts."""
