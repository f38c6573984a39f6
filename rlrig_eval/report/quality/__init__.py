"""How good pictures look, beside how right they are: so that a gain that was bought with broken pictures shows."""
