"""Tables of the viewer: shared views, their events, who takes part. Private to this app; pictures are made, never kept.

People are named by user name, which never changes. Triggers refuse to change or remove events (migration 0002).
"""

from django.db import models


class SharedView(models.Model):
    """A case that people look at together (docs/adr/0006-shared-views.md).

    key: the unguessable name that its link carries; never logged, never audited. state: JSON of the fold of all events, kept in the
    same transaction. hang_number: of the last event that hung something. people_version: grows with invitations, grants and removals.
    changed_at, number and state change several times a second, and so have no index: PostgreSQL then updates the row in its page.
    """

    key = models.CharField(max_length=22, unique=True)
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    number = models.PositiveIntegerField(default=0)
    hang_number = models.PositiveIntegerField(default=0)
    state = models.TextField()
    people_version = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["opened_at"], condition=models.Q(ended_at=None), name="shared_view_open")]

    def __str__(self) -> str:
        return f"shared view {self.pk}"


class SharedEvent(models.Model):
    """One event of a shared view; numbers count from 1 without a gap. body: compact JSON of what the columns don't say."""

    shared_view = models.ForeignKey(SharedView, on_delete=models.PROTECT, related_name="events", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    actor = models.CharField(max_length=150)
    recorded_at_ms = models.PositiveBigIntegerField()
    body = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shared_view", "number"], name="shared_event_number")]

    def __str__(self) -> str:
        return f"event {self.number} of shared view {self.shared_view_id}"


class SharedPerson(models.Model):
    """Someone who takes part, or took part. how: "opened", "invited" or "link" (came by it).

    joined_at: when they first came. removed_at: from then on the link is of no use to them, until someone invites them again.
    """

    shared_view = models.ForeignKey(SharedView, on_delete=models.PROTECT, related_name="people", db_index=False)
    username = models.CharField(max_length=150, db_index=True)
    how = models.CharField(max_length=8)
    invited_by = models.CharField(max_length=150, blank=True)
    since = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shared_view", "username"], name="shared_person_once")]

    def __str__(self) -> str:
        return f"person {self.pk} of shared view {self.shared_view_id}"
