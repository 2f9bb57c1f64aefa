from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portfolios", "0011_imports_at_work"),
    ]

    operations = [
        migrations.AddField(
            model_name="portfolio",
            name="long_after_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="portfolio",
            name="tax_year_start",
            field=models.CharField(
                choices=[
                    ("01-01", "1 January"),
                    ("03-01", "1 March (South Africa)"),
                    ("04-01", "1 April (India, Japan, New Zealand)"),
                    ("04-06", "6 April (United Kingdom)"),
                    ("07-01", "1 July (Australia)"),
                ],
                default="01-01",
                max_length=5,
            ),
        ),
    ]
