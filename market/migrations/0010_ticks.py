import core.fields
import django.db.models.deletion
from django.db import migrations, models

# Django makes no partitioned tables. Without foreign keys: each is a look-up for every row, and whoever
# writes ticks keeps their instruments from deletion.
TICKS = """
CREATE TABLE market_tick (
    at timestamp with time zone NOT NULL,
    instrument_id integer NOT NULL,
    seq integer NOT NULL,
    world_id smallint NOT NULL,
    price numeric(38, 18) NOT NULL,
    quantity numeric(38, 18),
    bid numeric(38, 18),
    bid_size numeric(38, 18),
    ask numeric(38, 18),
    ask_size numeric(38, 18),
    open_interest numeric(38, 18),
    PRIMARY KEY (instrument_id, world_id, at, seq)
) PARTITION BY RANGE (at);
CREATE TABLE market_minutebar (
    at timestamp with time zone NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    instrument_id integer NOT NULL,
    count integer NOT NULL,
    world_id smallint NOT NULL,
    open numeric(38, 18) NOT NULL,
    high numeric(38, 18) NOT NULL,
    low numeric(38, 18) NOT NULL,
    close numeric(38, 18) NOT NULL,
    volume numeric(38, 18),
    PRIMARY KEY (instrument_id, world_id, at)
) PARTITION BY RANGE (at);
"""
NO_TICKS = "DROP TABLE market_tick; DROP TABLE market_minutebar"


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0005_world_clocks'),
        ('market', '0009_price_sources'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TICKS, NO_TICKS)],
            state_operations=[
                migrations.CreateModel(
                    name='Tick',
                    fields=[
                        ('pk', models.CompositePrimaryKey('instrument', 'world', 'at', 'seq', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('at', models.DateTimeField()),
                        ('seq', models.IntegerField()),
                        ('price', core.fields.NumericField(decimal_places=18, max_digits=38)),
                        ('quantity', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                        ('bid', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                        ('bid_size', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                        ('ask', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                        ('ask_size', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                        ('open_interest', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                        ('instrument', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='market.instrument')),
                        ('world', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.world')),
                    ],
                    options={
                        'verbose_name': 'tick',
                        'verbose_name_plural': 'ticks',
                    },
                ),
                migrations.CreateModel(
                    name='MinuteBar',
                    fields=[
                        ('open', core.fields.NumericField(decimal_places=18, max_digits=38)),
                        ('high', core.fields.NumericField(decimal_places=18, max_digits=38)),
                        ('low', core.fields.NumericField(decimal_places=18, max_digits=38)),
                        ('close', core.fields.NumericField(decimal_places=18, max_digits=38)),
                        ('volume', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                        ('count', models.IntegerField()),
                        ('first_at', models.DateTimeField()),
                        ('last_at', models.DateTimeField()),
                        ('pk', models.CompositePrimaryKey('instrument', 'world', 'at', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('at', models.DateTimeField()),
                        ('instrument', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='market.instrument')),
                        ('world', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.world')),
                    ],
                    options={
                        'verbose_name': 'minute bar',
                        'verbose_name_plural': 'minute bars',
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='TickDay',
            fields=[
                ('open', core.fields.NumericField(decimal_places=18, max_digits=38)),
                ('high', core.fields.NumericField(decimal_places=18, max_digits=38)),
                ('low', core.fields.NumericField(decimal_places=18, max_digits=38)),
                ('close', core.fields.NumericField(decimal_places=18, max_digits=38)),
                ('volume', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('count', models.IntegerField()),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('pk', models.CompositePrimaryKey('instrument', 'world', 'day', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('instrument', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='market.instrument')),
                ('world', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.world')),
            ],
            options={
                'verbose_name': 'day of ticks',
                'verbose_name_plural': 'days of ticks',
            },
        ),
        migrations.CreateModel(
            name='Ticker',
            fields=[
                ('pk', models.CompositePrimaryKey('instrument', 'world', blank=True, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(null=True)),
                ('seq', models.IntegerField(null=True)),
                ('price', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('quantity', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('bid', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('bid_size', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('ask', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('ask_size', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('open_interest', core.fields.NumericField(decimal_places=18, max_digits=38, null=True)),
                ('instrument', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='market.instrument')),
                ('world', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.world')),
            ],
            options={
                'verbose_name': 'ticker',
                'verbose_name_plural': 'tickers',
            },
        ),
    ]
