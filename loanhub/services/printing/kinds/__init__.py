"""One file a kind of document that can be made by the many; each defines ``KIND``."""
