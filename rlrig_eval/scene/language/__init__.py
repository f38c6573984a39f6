"""Reading prompts: the words that are known, the grammar over them, and the spaCy pipeline that runs it.

`lexicon` and `nouns` are data; `walk`, `things`, `relate`, `frames`, `lists`, `appositions`, `clauses`, `prose` and
`triples` are the grammar, plain Python over words; `pipeline` alone knows spaCy. The way in is
`rlrig_eval.scene.parse`.
"""
