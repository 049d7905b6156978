"""Django application configuration."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class GovernanceConfig(AppConfig):
    name = "governance"
    default_auto_field = "django.db.models.BigAutoField"


class AdministrationConfig(admin_apps.AdminConfig):
    """Django admin with a site of our own; stands for "django.contrib.admin" in INSTALLED_APPS."""

    default = False  # GovernanceConfig is this module's own
    default_site = "governance.http.administration.AdministrationSite"
