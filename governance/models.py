"""Tables of governance: people, roles, departments, tokens, audit. Private to this app.

Two rules live in the database as triggers (migrations 0003 and 0004): audit rows are append-only, and a user's permission_epoch
grows whenever their rights change, by whatever path.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils import timezone

from governance.core import policy

# What administrators do in Django admin: all of governance, and the archive's two lists of files that could not be filed.
# No table with a patient in it is among them.
ADMINISTERED_MODELS = {"governance": frozenset[str](), "archive": frozenset({"conflict", "quarantined"})}


class Role(models.Model):
    """A named bundle of rights; seeded from governance.core.policy.Role, which says what each may do."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=64)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A clinical department; studies carry its slug, so a slug never changes.

    "unassigned" is a department like any other: studies that nobody claimed lie there, and only who is put in it sees them.
    """

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=128)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ModalityDepartment(models.Model):
    """Which department a study belongs to by its modality, when neither the import nor the storing user says."""

    modality = models.CharField(max_length=16, unique=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT)

    class Meta:
        ordering = ["modality"]
        verbose_name = "department by modality"
        verbose_name_plural = "departments by modality"

    def __str__(self) -> str:
        return f"{self.modality} → {self.department}"


class UserManager(BaseUserManager["User"]):
    """Makes users. Use governance.services.people, which asks and audits; this is what Django's own commands call."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make an administrator: `manage.py createsuperuser` has no other meaning here."""
        user = self.create_user(username, password, **fields)
        user.roles.set(Role.objects.filter(code=policy.Role.ADMINISTRATOR))
        return user


class User(AbstractBaseUser):
    """A person or a machine that signs in. What they may do follows from roles and departments alone.

    permission_epoch: counted up by triggers with every change of roles, departments, password, name or active flag.
    """

    username = models.CharField(max_length=150, unique=True, validators=[UnicodeUsernameValidator()])
    full_name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField("active", default=True, help_text="Inactive users cannot sign in; their tokens do not work.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    roles = models.ManyToManyField(Role, blank=True, related_name="users")
    departments = models.ManyToManyField(Department, blank=True, related_name="users")
    permission_epoch = models.PositiveBigIntegerField(default=0, editable=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        ordering = ["username"]

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.username

    @property
    def is_staff(self) -> bool:
        """Django admin's word for: an administrator."""
        return self.is_active and any(role.code == policy.Role.ADMINISTRATOR for role in self._roles())

    def has_module_perms(self, app_label: str) -> bool:
        return app_label in ADMINISTERED_MODELS and self.is_staff

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Answer Django admin; `perm` is "app_label.verb_model"."""
        app_label, _, name = perm.partition(".")
        listed = ADMINISTERED_MODELS.get(app_label)
        if listed is None or (listed and name.partition("_")[2] not in listed):
            return False
        return self.is_staff

    def has_perms(self, perm_list: Iterable[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def _roles(self) -> list[Role]:
        """The roles as one request saw them first; admin asks dozens of times a page."""
        if not hasattr(self, "_known_roles"):
            self._known_roles = list(self.roles.all())
        return self._known_roles


class ApiToken(models.Model):
    """A bearer token; only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "token"

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user_id}"


class Invitation(models.Model):
    """A person may read one study, as long as the inviter may, until ended_at (governance.core.policy.Invitation).

    department: the study's when the invitation was made; who reads that department anyway does not rely on the invitation.
    context: what it is for, as in "shared view 12"; it ends with that.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations", db_index=False)  # the constraint's is smaller
    inviter = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations_made", db_index=False)
    study_instance_uid = models.CharField(max_length=64)
    department = models.CharField(max_length=64)
    context = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["context"], condition=models.Q(ended_at__isnull=True), name="invitation_open_context")]
        constraints = [  # its index is also the look-up of a person's invitations
            models.UniqueConstraint(
                fields=["user", "inviter", "study_instance_uid", "context"],
                condition=models.Q(ended_at__isnull=True),
                name="invitation_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} of {self.user_id} by {self.inviter_id}"


class AuditEntry(models.Model):
    """One link of the append-only, hash-chained audit log (governance.core.audit_chain). Triggers refuse UPDATE and DELETE."""

    index = models.PositiveBigIntegerField(unique=True)
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=48)
    outcome = models.CharField(max_length=16, default="success")
    study_instance_uid = models.CharField(max_length=64, blank=True, db_index=True)
    detail = models.TextField(blank=True)  # canonical JSON
    previous_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["index"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.index} {self.action}"


class AuditHead(models.Model):
    """The end of the chain, one row: whoever appends locks it, and entries cut off the end are missed by it."""

    last_index = models.PositiveBigIntegerField(default=0)
    last_sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"audit head at {self.last_index}"
