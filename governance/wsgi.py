"""The web process: refuses to serve when a system check finds an error."""

import os

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
application = get_wsgi_application()

serious = [message for message in run_checks() if message.is_serious()]
if serious:
    raise ImproperlyConfigured("\n".join(str(message) for message in serious))
