"""Who may do what on the desk: each role is a group with these permissions, and no other."""

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

VIEWED_APPS = (
    "plugins",
    "screening",
    "verification",
    "reviews",
    "takedowns",
    "notifications",
    "obligations",
    "ledger",
)

ROLES: Mapping[str, tuple[str, ...]] = {
    "reviewer": ("reviews.decide_review", "verification.add_attestation"),
    "moderator": ("takedowns.contain_plugin", "takedowns.remove_plugin", "takedowns.reinstate_plugin"),
    "security-lead": (
        "reviews.decide_review",
        "verification.add_attestation",
        "takedowns.contain_plugin",
        "takedowns.remove_plugin",
        "takedowns.reinstate_plugin",
    ),
    "auditor": (),
}


def create_roles() -> None:
    """Make or correct the groups; every role may look at everything, and act only as listed."""
    viewing = list(Permission.objects.filter(content_type__app_label__in=VIEWED_APPS, codename__startswith="view_"))
    for name, granted in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set([*viewing, *_permissions(granted)])


def _permissions(names: tuple[str, ...]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(wanted))
