"""Staff accounts and roles: the only rows that are edited by hand, and only by a superuser.
Which role may do what is the bootstrap command's to say."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from governance.admin.site import desk

if TYPE_CHECKING:
    _AccountAdmin = admin.ModelAdmin[Any]
    _UserAdmin = UserAdmin[User]
else:
    _AccountAdmin = admin.ModelAdmin
    _UserAdmin = UserAdmin


class SuperuserOnly(_AccountAdmin):
    """Closed to everyone else, whatever they were permitted: who edits roles could give themselves any."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)


@admin.register(User, site=desk)
class StaffAdmin(SuperuserOnly, _UserAdmin):
    pass


@admin.register(Group, site=desk)
class RoleAdmin(SuperuserOnly, GroupAdmin):
    pass


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser
