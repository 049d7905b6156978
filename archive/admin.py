"""Lists of what intake kept aside, for administrators: conflicts and quarantined files. Read only, and without patients.

A file's name may hold a patient's, and UIDs open studies elsewhere; so these lists show the reason, the department and the content's hash.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from archive.models import Conflict, Quarantined
from governance.core.policy import Action, Resource, Subject, decide
from governance.services.access import authenticate_request


class ReadOnlyList(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """A list that administrators may look at and nobody may change."""

    list_per_page = 100
    ordering = ("-received_at", "-pk")
    date_hierarchy = "received_at"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor: Subject = authenticate_request(request)
        return decide(actor, Action.ADMINISTER, Resource()).allowed

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="content (SHA-256)")
    def content(self, row: Conflict | Quarantined) -> str:
        return row.sha256[:16]


@admin.register(Conflict)
class ConflictAdmin(ReadOnlyList):
    """Instances that disagree with what is stored."""

    list_display = ("received_at", "reason", "department", "size_bytes", "content")
    list_filter = ("reason", "department")
    fields = ("received_at", "reason", "department", "size_bytes", "sop_instance_uid", "study_instance_uid", "sha256")
    readonly_fields = fields


@admin.register(Quarantined)
class QuarantinedAdmin(ReadOnlyList):
    """Files that could not be accepted."""

    list_display = ("received_at", "reason", "department", "size_bytes", "content")
    list_filter = ("reason", "department")
    fields = ("received_at", "reason", "department", "size_bytes", "sha256")
    readonly_fields = fields
