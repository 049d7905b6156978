"""Tables of governance: people, roles, departments, tokens, audit."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.Model):
    """A named bundle of rights; seeded from governance.core.policy.Role."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A clinical department; studies carry its slug."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=128)

    def __str__(self) -> str:
        return self.name


class ModalityDepartment(models.Model):
    """Which department a study belongs to by its modality, when neither the import nor the storing user says."""

    modality = models.CharField(max_length=16, unique=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"{self.modality} -> {self.department}"


class User(AbstractUser):
    """A person or a machine that signs in."""

    roles = models.ManyToManyField(Role, blank=True, related_name="users")
    departments = models.ManyToManyField(Department, blank=True, related_name="users")
    permission_epoch = models.PositiveBigIntegerField(default=0, editable=False)


class ApiToken(models.Model):
    """A bearer token; only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user_id}"


class AuditEntry(models.Model):
    """One link of the append-only, hash-chained audit log. Triggers refuse UPDATE and DELETE."""

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
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.index} {self.action}"
