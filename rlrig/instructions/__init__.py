"""Instructions at run time: the sentences that ask for an edit, what mends a failure, what the Actor may write."""
