"""The roles on diffusers and transformers."""
