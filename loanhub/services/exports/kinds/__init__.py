"""The kinds of exports, one file each that defines ``KIND``."""
