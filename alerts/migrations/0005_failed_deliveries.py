from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0004_recent_minutes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "failed")), fields=["done_at"], name="delivery_failed"
            ),
        ),
        # staff find the switch where there is a row
        migrations.RunSQL(
            "INSERT INTO alerts_outbox (id, reason, push_public) VALUES (1, '', '') ON CONFLICT DO NOTHING",
            migrations.RunSQL.noop,
        ),
    ]
