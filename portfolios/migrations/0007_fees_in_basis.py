from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portfolios", "0006_admin_lists"),
    ]

    operations = [
        migrations.AddField(
            model_name="portfolio",
            name="fees_in_basis",
            field=models.BooleanField(default=False, verbose_name="fees in the cost basis"),
        ),
    ]
