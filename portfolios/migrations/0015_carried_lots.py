import django.db.models.deletion
from django.db import migrations, models

import core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("portfolios", "0014_relief_links"),
    ]

    operations = [
        migrations.CreateModel(
            name="CarriedLots",
            fields=[
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="carried_lots",
                        serialize=False,
                        to="portfolios.transaction",
                    ),
                ),
                ("base", core.fields.CurrencyField()),
                ("lots", models.JSONField()),
                (
                    "source",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="portfolios.transaction",
                    ),
                ),
            ],
        ),
    ]
