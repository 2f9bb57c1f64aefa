from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portfolios", "0012_tax_years"),
    ]

    operations = [
        migrations.AddField(
            model_name="portfolio",
            name="allow_short",
            field=models.BooleanField(default=False, verbose_name="short positions"),
        ),
    ]
