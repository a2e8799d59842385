"""Loads the exporter that is asked for, and only that one."""

import importlib

_EXPORTERS = {
    "csv": ("exporters.table", "CsvExporter"),
    "json": ("exporters.tree", "JsonExporter"),
    "xml": ("exporters.tree", "XmlExporter"),
}


def __getattr__(name):
    for module, attribute in _EXPORTERS.values():
        if attribute == name:
            return getattr(importlib.import_module(module), attribute)
    raise AttributeError(name)


class Export:
    def run(self, rows, form="csv"):
        module, attribute = _EXPORTERS[form]
        exporter = getattr(importlib.import_module(module), attribute)()
        method = getattr(exporter, f"write_{form}", exporter.write)
        return method(rows)
