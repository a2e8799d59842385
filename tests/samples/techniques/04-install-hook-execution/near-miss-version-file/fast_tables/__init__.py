from fast_tables.version import __version__
