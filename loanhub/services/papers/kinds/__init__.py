"""One file a kind of document that is made of a case; each defines ``PAPER``."""
