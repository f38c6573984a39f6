"""The grammar of the suites that ask what others do not: `spatial-hard`, and in names of objects `spatial-objects`.

`members` turns graphs round, `structures` and `ladder` compose them, `groups` keeps those that can be drawn and read
back, `wordings` says them, `rows` makes prompts of them; `python -m rlrig_eval.suite.hard` writes `spatial-hard`.
"""
