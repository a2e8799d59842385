"""How rows are shown to people who may look and not touch: nothing to add, change or delete.
What changes a row goes through a flow, never through these pages."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

if TYPE_CHECKING:
    _RowsAdmin = admin.ModelAdmin[Model]
else:
    _RowsAdmin = admin.ModelAdmin


class ReadOnlyAdmin(_RowsAdmin):
    """Rows to look at, for whoever holds the model's view permission."""

    # Counting a whole table on every page would grow with it.
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
