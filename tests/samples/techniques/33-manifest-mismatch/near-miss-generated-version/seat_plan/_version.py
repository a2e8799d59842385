__version__ = version = "1.4.0"
__version_tuple__ = version_tuple = (1, 4, 0)
