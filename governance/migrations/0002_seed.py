"""Roles, departments and the department of each modality that a new installation starts with; administrators edit the last two."""

from django.db import migrations

ROLES = {
    "clinician": "Clinician",
    "radiologist": "Radiologist",
    "cardiologist": "Cardiologist",
    "pathologist": "Pathologist",
    "board-member": "Board member",
    "administrator": "Administrator",
    "service": "Service (machine)",
}
DEPARTMENTS = {
    "radiology": "Radiology",
    "cardiology": "Cardiology",
    "pathology": "Pathology",
    "dermatology": "Dermatology",
    "ophthalmology": "Ophthalmology",
    "endoscopy": "Endoscopy",
    "wound-care": "Wound care",
    "unassigned": "Unassigned",
}
MODALITIES = {  # Defined Terms of Modality (0008,0060), PS3.3 C.7.3.1.1.1
    "radiology": "CT MR CR DX MG RF RG PT NM BMD IO PX",
    "cardiology": "US XA ECG EPS HD IVUS OCT",
    "pathology": "SM GM",
    "ophthalmology": "OP OPT OPM OPV AR KER LEN SRF VA IOL OAM",
    "endoscopy": "ES",
    "dermatology": "XC DMS",
}


def seed(apps, schema_editor):
    """Add what is not there; running it again changes nothing."""
    role, department = apps.get_model("governance", "Role"), apps.get_model("governance", "Department")
    for code, name in ROLES.items():
        role.objects.get_or_create(code=code, defaults={"name": name})
    for slug, name in DEPARTMENTS.items():
        department.objects.get_or_create(slug=slug, defaults={"name": name})
    for slug, modalities in MODALITIES.items():
        for modality in modalities.split():
            apps.get_model("governance", "ModalityDepartment").objects.get_or_create(
                modality=modality, defaults={"department": department.objects.get(slug=slug)}
            )


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
