"""What the editors' verbs do to the world; used by publish.py alone."""
