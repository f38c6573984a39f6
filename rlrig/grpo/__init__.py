"""Reflection-GRPO: so far its kernel, the one flow step that draws a rollout and replays it."""
