"""HTTP for Humans."""

__version__ = "2.31.1"
