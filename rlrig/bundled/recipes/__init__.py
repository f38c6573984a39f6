"""How each bundled checkpoint was made, a module each; `registry` runs them by name, `cards` tells of them."""
