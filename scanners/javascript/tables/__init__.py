"""Every row there is, by the dotted name of what is called.

Data only.
"""

from typing import Final

from scanners.javascript.effects import Table
from scanners.javascript.tables.code import CODE, COMMANDS_OF_MODULES, PROCESSES
from scanners.javascript.tables.files import FILES
from scanners.javascript.tables.host import CIPHERS, HOST
from scanners.javascript.tables.network import NETWORK
from scanners.javascript.tables.pages import PAGES

EFFECTS: Final[Table] = {**HOST, **CIPHERS, **FILES, **NETWORK, **PAGES, **PROCESSES, **COMMANDS_OF_MODULES, **CODE}
