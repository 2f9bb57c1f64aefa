from django.db import migrations


def write_codes(apps, _schema_editor):
    """Keep why staff stopped a channel as the code that it is kept as now."""
    rows = apps.get_model("alerts", "Channel").objects.filter(reason="Stopped by staff.")
    rows.update(reason="florin:stopped_by_staff")


class Migration(migrations.Migration):

    dependencies = [
        ("alerts", "0009_lost_clauses"),
    ]

    operations = [
        migrations.RunPython(write_codes, migrations.RunPython.noop),
    ]
