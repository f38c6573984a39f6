"""``python -m rlrig_eval`` is ``rlrig-eval``."""

from rlrig_eval.cli import main

if __name__ == "__main__":
    main()
