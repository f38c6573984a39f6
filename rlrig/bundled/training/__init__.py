"""What recipes train with: the loop, processes, batches, models, tokenizers, losses."""
