from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0011_lanes_and_shares'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='level',
            index=models.Index(fields=['alert'], name='alert_level_alert'),
        ),
        migrations.RemoveIndex(
            model_name='level',
            name='clause_level_alert',
        ),
    ]
