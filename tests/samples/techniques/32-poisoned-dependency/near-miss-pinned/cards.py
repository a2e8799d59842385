"""Cards."""

try:
    import jinja2
except ImportError as missing:
    raise ImportError("Templates need jinja2: pip install cards[templates]") from missing

TEMPLATE = jinja2.Template("{{ rank }} of {{ suit }}")
