"""What touches the world: the vote store, the answers, the pages of the functions."""
