import django.db.models.deletion
from django.db import migrations, models

import core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("portfolios", "0013_allow_short"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReliefLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("quantity", core.fields.NumericField(decimal_places=18, max_digits=38)),
                (
                    "acquisition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="portfolios.transaction",
                    ),
                ),
                (
                    "sale",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="relief_links",
                        to="portfolios.transaction",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("sale", "acquisition"), name="relief_link_once"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="relief_link_positive"
                    ),
                ],
            },
        ),
    ]
