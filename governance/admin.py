"""Administration in Django admin: people, departments, the modality table, tokens, and the audit log to read.

Only administrators get in (governance.http.administration). Every change is audited in its own transaction. Nothing that names a patient
is registered here, and User.has_perm keeps other apps' tables out.
"""

import json
from typing import Any, ClassVar, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from governance.core.audit_chain import DetailValue
from governance.models import ApiToken, AuditEntry, Department, Invitation, ModalityDepartment, User
from governance.services import invitations, people
from governance.services.access import authenticate_request
from governance.services.audit import record_change

M = TypeVar("M", bound=models.Model)


class AuditedAdmin(admin.ModelAdmin[M]):
    """An admin whose additions, changes and deletions are audit entries too, in the transaction that makes them."""

    audited_as: ClassVar[str]

    def audited_facts(self, obj: M) -> dict[str, DetailValue]:
        """Say which row it is and what now holds; no patient is in these tables."""
        raise NotImplementedError

    def log_addition(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        self._record(request, "created", self.audited_facts(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        changed = [field for part in message for field in part.get("changed", {}).get("fields", [])] if isinstance(message, list) else []
        fields = sorted({str(field) for field in changed})
        self._record(request, "changed", {**self.audited_facts(obj), "fields": fields})
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[M]) -> list[LogEntry]:
        for obj in queryset:
            self._record(request, "deleted", self.audited_facts(obj))
        return super().log_deletions(request, queryset)

    def _record(self, request: HttpRequest, verb: str, facts: dict[str, DetailValue]) -> None:
        record_change(actor=authenticate_request(request), action=f"{self.audited_as} {verb}", facts=facts)


class ReadOnlyAdmin(admin.ModelAdmin[M]):
    """A list to read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class NewUserForm(AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("username", "full_name", "roles", "departments")


class UserForm(UserChangeForm[User]):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class PersonAdmin(UserAdmin[User], AuditedAdmin[User]):
    """Users are deactivated, never deleted or renamed: the audit log speaks of them by name."""

    audited_as = "user"
    form = UserForm
    add_form = NewUserForm
    add_form_template = None
    list_display = ("username", "full_name", "role_names", "department_names", "is_active", "last_login")
    list_filter = ("is_active", "roles", "departments")
    search_fields = ("username", "full_name")
    filter_horizontal = ("roles", "departments")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "full_name", "password", "is_active")}),
        ("Rights", {"fields": ("roles", "departments"), "description": "A person without a department sees no studies."}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "full_name", "usable_password", "password1", "password2")}),
        ("Rights", {"fields": ("roles", "departments"), "description": "A person without a department sees no studies."}),
    )

    def audited_facts(self, obj: User) -> dict[str, DetailValue]:
        return {
            "user": obj.username,
            "roles": sorted(obj.roles.values_list("code", flat=True)),
            "departments": sorted(obj.departments.values_list("slug", flat=True)),
            "active": obj.is_active,
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("roles", "departments")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return (*self.readonly_fields, "username") if obj is not None else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    @admin.display(description="roles")
    def role_names(self, obj: User) -> str:
        return ", ".join(role.name for role in obj.roles.all())

    @admin.display(description="departments")
    def department_names(self, obj: User) -> str:
        return ", ".join(department.name for department in obj.departments.all())


@admin.register(Department)
class DepartmentAdmin(AuditedAdmin[Department]):
    """A department's slug is in its studies, so it stays; so does the department."""

    audited_as = "department"
    list_display = ("name", "slug", "members")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}

    def audited_facts(self, obj: Department) -> dict[str, DetailValue]:
        return {"department": obj.slug, "title": obj.name}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Department]:
        return super().get_queryset(request).annotate(number_of_members=models.Count("users"))

    def get_readonly_fields(self, request: HttpRequest, obj: Department | None = None) -> Any:
        return ("slug",) if obj is not None else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Department | None = None) -> Any:
        return {} if obj is not None else self.prepopulated_fields

    def has_delete_permission(self, request: HttpRequest, obj: Department | None = None) -> bool:
        return False

    @admin.display(description="people")
    def members(self, obj: Department) -> int:
        return int(getattr(obj, "number_of_members", 0))


@admin.register(ModalityDepartment)
class ModalityDepartmentAdmin(AuditedAdmin[ModalityDepartment]):
    """Where studies go by modality; a changed row is for studies that come later."""

    audited_as = "modality's department"
    list_display = ("modality", "department")
    list_select_related = ("department",)
    search_fields = ("modality",)

    def audited_facts(self, obj: ModalityDepartment) -> dict[str, DetailValue]:
        return {"modality": obj.modality, "department": obj.department.slug}


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin[ApiToken]):
    """Tokens by user; `manage.py create_token` makes them, this list ends them."""

    list_display = ("id", "user", "created_at", "revoked_at")
    list_display_links = None
    list_select_related = ("user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__username",)
    actions = ("revoke",)

    @admin.action(description="Revoke the selected tokens", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token_id in queryset.values_list("pk", flat=True):
            people.revoke_token(actor=authenticate_request(request), token_id=token_id)
        self.message_user(request, "Revoked. Streams opened with them close within a second.", messages.SUCCESS)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin[Invitation]):
    """Who lets whom read a study, newest first; people invite in shared views, this list ends what should not be."""

    list_display = ("user", "study_instance_uid", "inviter", "context", "created_at", "ended_at")
    list_display_links = None
    list_select_related = ("user", "inviter")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("=user__username", "=inviter__username", "=study_instance_uid")
    actions = ("end",)

    @admin.action(description="End the selected invitations", permissions=["view"])
    def end(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        for invitation_id in queryset.values_list("pk", flat=True):
            invitations.end_invitation(actor=authenticate_request(request), invitation_id=invitation_id)
        self.message_user(request, "Ended. Streams that relied on them close within a second.", messages.SUCCESS)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """The audit log, newest first."""

    list_display = ("index", "moment", "actor", "action", "outcome", "study_instance_uid", "facts")
    search_fields = ("=actor", "action", "=study_instance_uid")
    search_help_text = "user name, action, or Study Instance UID"
    ordering = ("-index",)
    show_full_result_count = False
    list_per_page = 100

    @admin.display(description="recorded at", ordering="index")
    def moment(self, obj: AuditEntry) -> str:
        return timezone.localtime(obj.recorded_at).isoformat(sep=" ", timespec="seconds")

    @admin.display(description="detail")
    def facts(self, obj: AuditEntry) -> str:
        items = json.loads(obj.detail or "{}").items()
        return ", ".join(f"{name} {' + '.join(value) if isinstance(value, list) else value}" for name, value in items)
