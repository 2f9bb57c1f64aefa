import core.fields
import core.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Coin',
            fields=[
                ('coin_id', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('symbol', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name='Exchange',
            fields=[
                ('mic', models.CharField(max_length=4, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('time_zone', models.CharField(max_length=64)),
                ('country', models.CharField(blank=True, max_length=2)),
            ],
        ),
        migrations.CreateModel(
            name='PriceImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('uuid', models.UUIDField(default=core.ids.uuid7, editable=False, unique=True)),
                ('file_name', models.CharField(max_length=255)),
                ('sha256', models.CharField(max_length=64)),
                ('actor_label', models.CharField(max_length=80)),
                ('rows_read', models.BigIntegerField(default=0)),
                ('rows_stored', models.BigIntegerField(default=0)),
                ('rows_unchanged', models.BigIntegerField(default=0)),
                ('rows_rejected', models.BigIntegerField(default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Instrument',
            fields=[
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('uuid', models.UUIDField(default=core.ids.uuid7, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('stock', 'Stock'), ('etf', 'ETF'), ('fund', 'Fund'), ('crypto', 'Crypto'), ('currency_pair', 'Currency pair'), ('index', 'Index')], default='stock', max_length=16, verbose_name='kind')),
                ('symbol', models.CharField(max_length=40, verbose_name='symbol')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('isin', models.CharField(blank=True, max_length=12, verbose_name='ISIN')),
                ('currency', core.fields.CurrencyField(max_length=12, verbose_name='currency')),
                ('quote_unit', core.fields.NumericField(decimal_places=18, default=1, max_digits=38, verbose_name='quote unit')),
                ('sector', models.CharField(blank=True, max_length=80, verbose_name='sector')),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('coin_id', models.CharField(blank=True, help_text="The coin's id in CoinGecko's list.", max_length=80, verbose_name='coin')),
                ('is_fictional', models.BooleanField(default=False, verbose_name='fictional')),
                ('price_revision', models.BigIntegerField(default=0, editable=False)),
                ('exchange', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='market.exchange')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['symbol', 'id'],
            },
        ),
        migrations.CreateModel(
            name='DailyBar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('open', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('high', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('low', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('close', core.fields.NumericField(decimal_places=18, max_digits=38)),
                ('volume', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('source', models.CharField(max_length=24)),
                ('world', models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.world')),
                ('instrument', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='market.instrument')),
            ],
        ),
        migrations.CreateModel(
            name='CorporateAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('uuid', models.UUIDField(default=core.ids.uuid7, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('split', 'Split'), ('dividend', 'Dividend')], max_length=12)),
                ('ex_date', models.DateField()),
                ('pay_date', models.DateField(blank=True, null=True)),
                ('numerator', core.fields.NumericField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('denominator', core.fields.NumericField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('amount', core.fields.NumericField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('currency', core.fields.CurrencyField(blank=True, max_length=12)),
                ('source', models.CharField(max_length=24)),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corporate_actions', to='market.instrument')),
            ],
            options={
                'ordering': ['-ex_date'],
            },
        ),
        migrations.CreateModel(
            name='RateRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.BigIntegerField(default=0)),
                ('owner', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SymbolSpan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('symbol', models.CharField(max_length=40)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='symbol_spans', to='market.instrument')),
            ],
        ),
        migrations.CreateModel(
            name='FxRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('base', core.fields.CurrencyField(max_length=12)),
                ('quote', core.fields.CurrencyField(max_length=12)),
                ('date', models.DateField()),
                ('rate', core.fields.NumericField(decimal_places=18, max_digits=38)),
                ('source', models.CharField(max_length=24)),
                ('owner', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('world', models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.world')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'world', 'base', 'quote', 'date'), name='fx_rate_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='fx_rate_positive'), models.CheckConstraint(condition=models.Q(('base', models.F('quote')), _negated=True), name='fx_rate_two_currencies')],
            },
        ),
        migrations.AddIndex(
            model_name='instrument',
            index=models.Index(fields=['symbol'], name='instrument_symbol'),
        ),
        migrations.AddIndex(
            model_name='instrument',
            index=models.Index(condition=models.Q(('isin', ''), _negated=True), fields=['isin'], name='instrument_isin'),
        ),
        migrations.AddConstraint(
            model_name='instrument',
            constraint=models.UniqueConstraint(fields=('owner', 'symbol', 'exchange'), name='instrument_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='instrument',
            constraint=models.UniqueConstraint(models.F('coin_id'), condition=models.Q(('owner', None), models.Q(('coin_id', ''), _negated=True)), name='instrument_public_coin_once'),
        ),
        migrations.AddConstraint(
            model_name='instrument',
            constraint=models.CheckConstraint(condition=models.Q(('quote_unit__gt', 0)), name='instrument_quote_unit_positive'),
        ),
        migrations.AddConstraint(
            model_name='dailybar',
            constraint=models.UniqueConstraint(fields=('instrument', 'world', 'date'), name='daily_bar_once'),
        ),
        migrations.AddConstraint(
            model_name='dailybar',
            constraint=models.CheckConstraint(condition=models.Q(('close__gt', 0)), name='daily_bar_close_positive'),
        ),
        migrations.AddConstraint(
            model_name='dailybar',
            constraint=models.CheckConstraint(condition=models.Q(('high__gte', models.F('low'))), name='daily_bar_high_over_low'),
        ),
        migrations.AddConstraint(
            model_name='dailybar',
            constraint=models.CheckConstraint(condition=models.Q(('low__gt', 0)), name='daily_bar_low_positive'),
        ),
        migrations.AddConstraint(
            model_name='dailybar',
            constraint=models.CheckConstraint(condition=models.Q(('close__gte', models.F('low')), ('close__lte', models.F('high'))), name='daily_bar_close_in_range'),
        ),
        migrations.AddConstraint(
            model_name='dailybar',
            constraint=models.CheckConstraint(condition=models.Q(('volume__gte', 0)), name='daily_bar_volume_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.UniqueConstraint(fields=('instrument', 'kind', 'ex_date'), name='corporate_action_once'),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount', None), ('denominator__gt', 0), ('kind', 'split'), ('numerator__gt', 0)), models.Q(('amount__gt', 0), ('denominator', None), ('kind', 'dividend'), ('numerator', None), models.Q(('currency', ''), _negated=True)), _connector='OR'), name='corporate_action_complete'),
        ),
        migrations.AddConstraint(
            model_name='raterevision',
            constraint=models.UniqueConstraint(fields=('owner',), name='rate_revision_once', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='symbolspan',
            index=models.Index(fields=['symbol', 'valid_from'], name='symbol_span_symbol'),
        ),
        migrations.AddConstraint(
            model_name='symbolspan',
            constraint=models.UniqueConstraint(fields=('instrument', 'valid_from'), name='symbol_span_once'),
        ),
        migrations.AddConstraint(
            model_name='symbolspan',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='symbol_span_forward'),
        ),
    ]
