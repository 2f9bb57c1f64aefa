import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from core import secrets

# what accounts.services.factors says, as it was when this was written
PURPOSE = "mfa.authenticator"
SECRETS = ("secret", "seed", "migrated_codes")
KINDS = ("totp", "recovery_codes")
BATCH = 500


def change(apps, each):
    """Change the secrets of every second factor; a row that is right already stays as it is."""
    table = apps.get_model("mfa", "Authenticator").objects.filter(type__in=KINDS)
    last = 0
    while rows := list(table.filter(pk__gt=last).order_by("pk").select_for_update()[:BATCH]):
        for row in rows:
            last = row.pk
            data = {
                name: ([each(one) for one in value] if isinstance(value, list) else each(value))
                if name in SECRETS
                else value
                for name, value in row.data.items()
            }
            if data != row.data:
                row.data = data
                row.save(update_fields=["data"])


def encrypt(apps, _schema_editor):
    change(apps, lambda text: text if secrets.is_token(text) else secrets.encrypt(text, purpose=PURPOSE))


def decrypt(apps, _schema_editor):
    change(apps, lambda text: secrets.decrypt(text, purpose=PURPOSE) if secrets.is_token(text) else text)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0001_initial"),
        ("core", "0002_secrets"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExternalIdentity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issuer", models.CharField(max_length=500)),
                ("subject", models.CharField(max_length=255)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="external_identities", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "identity at another service",
                "verbose_name_plural": "identities at other services",
                "constraints": [models.UniqueConstraint(fields=("issuer", "subject"), name="external_identity_once")],
            },
        ),
        migrations.RunPython(encrypt, decrypt),
    ]
