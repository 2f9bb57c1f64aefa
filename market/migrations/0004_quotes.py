import core.fields
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# Django makes no partitioned tables. A partition is dropped whole; its rows are never changed.
MOVE_LOG = """
CREATE TABLE market_movebatch (
    world_id smallint NOT NULL REFERENCES core_world (id) DEFERRABLE INITIALLY DEFERRED,
    seq bigint NOT NULL,
    day date NOT NULL,
    time timestamp with time zone NOT NULL,
    instruments integer[] NOT NULL,
    previous numeric(38, 18)[] NOT NULL,
    prices numeric(38, 18)[] NOT NULL,
    lows numeric(38, 18)[] NOT NULL,
    highs numeric(38, 18)[] NOT NULL,
    PRIMARY KEY (world_id, seq, day)
) PARTITION BY RANGE (day);
CREATE TRIGGER market_movebatch_immutable BEFORE UPDATE OR DELETE ON market_movebatch
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""
NO_MOVE_LOG = "DROP TABLE market_movebatch"
# A quote is rewritten all day: room on its page keeps the index out of it.
ROOM = "ALTER TABLE market_quote SET (fillfactor = 50)"
NO_ROOM = "ALTER TABLE market_quote RESET (fillfactor)"


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0005_world_clocks'),
        ('market', '0003_corporate_actions_of_all_kinds'),
    ]

    operations = [
        migrations.CreateModel(
            name='LogHead',
            fields=[
                ('world', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='core.world')),
                ('seq', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(MOVE_LOG, NO_MOVE_LOG)],
            state_operations=[
                migrations.CreateModel(
                    name='MoveBatch',
                    fields=[
                        ('pk', models.CompositePrimaryKey('world', 'seq', 'day', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('seq', models.BigIntegerField()),
                        ('day', models.DateField()),
                        ('time', models.DateTimeField()),
                        ('instruments', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                        ('previous', django.contrib.postgres.fields.ArrayField(base_field=core.fields.NumericField(decimal_places=18, max_digits=38, null=True), size=None)),
                        ('prices', django.contrib.postgres.fields.ArrayField(base_field=core.fields.NumericField(decimal_places=18, max_digits=38), size=None)),
                        ('lows', django.contrib.postgres.fields.ArrayField(base_field=core.fields.NumericField(decimal_places=18, max_digits=38), size=None)),
                        ('highs', django.contrib.postgres.fields.ArrayField(base_field=core.fields.NumericField(decimal_places=18, max_digits=38), size=None)),
                        ('world', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.world')),
                    ],
                ),
            ],
        ),
        migrations.CreateModel(
            name='Cursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consumer', models.CharField(max_length=40)),
                ('seq', models.BigIntegerField()),
                ('world', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.world')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('consumer', 'world'), name='cursor_once')],
            },
        ),
        migrations.CreateModel(
            name='HeldQuote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('reason', models.CharField(choices=[('not-positive', 'not above zero'), ('out-of-range', 'more digits than a price has'), ('jump', 'far off the last price'), ('currency', 'in another currency'), ('future', 'dated in the future'), ('old', 'called live, and more than a day old'), ('crossed', 'its day’s range does not hold it'), ('not-fictional', 'invented, for a real instrument'), ('split', 'waits for a split to take effect')], max_length=20, verbose_name='why')),
                ('state', models.CharField(choices=[('held', 'held back'), ('released', 'released'), ('discarded', 'discarded')], default='held', max_length=10, verbose_name='state')),
                ('times', models.PositiveIntegerField(default=1, verbose_name='times')),
                ('price', models.CharField(max_length=80, verbose_name='price')),
                ('reference', core.fields.NumericField(decimal_places=18, max_digits=38, null=True, verbose_name='last price')),
                ('currency', core.fields.CurrencyField(blank=True, max_length=12, verbose_name='currency')),
                ('as_of', models.DateTimeField(verbose_name='as of')),
                ('source', models.CharField(max_length=24, verbose_name='source')),
                ('quality', models.CharField(max_length=12, verbose_name='quality')),
                ('values', models.JSONField(default=dict)),
                ('decided_by', models.CharField(blank=True, max_length=80, verbose_name='decided by')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='market.instrument', verbose_name='instrument')),
                ('world', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.world', verbose_name='world')),
            ],
            options={
                'verbose_name': 'held quote',
                'verbose_name_plural': 'held quotes',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'held')), fields=['world', 'reason'], name='held_quote_why'), models.Index(condition=models.Q(('state', 'held'), _negated=True), fields=['decided_at'], name='held_quote_age')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'held')), fields=('instrument', 'world', 'source', 'reason'), name='held_quote_once')],
            },
        ),
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('price', core.fields.NumericField(decimal_places=18, max_digits=38, verbose_name='price')),
                ('bid', core.fields.NumericField(decimal_places=18, max_digits=38, null=True, verbose_name='bid')),
                ('ask', core.fields.NumericField(decimal_places=18, max_digits=38, null=True, verbose_name='ask')),
                ('volume', core.fields.NumericField(decimal_places=18, max_digits=38, null=True, verbose_name='volume')),
                ('open', core.fields.NumericField(decimal_places=18, max_digits=38, null=True, verbose_name='open')),
                ('high', core.fields.NumericField(decimal_places=18, max_digits=38, verbose_name='high')),
                ('low', core.fields.NumericField(decimal_places=18, max_digits=38, verbose_name='low')),
                ('previous_close', core.fields.NumericField(decimal_places=18, max_digits=38, null=True, verbose_name='previous close')),
                ('as_of', models.DateTimeField(verbose_name='as of')),
                ('day', models.DateField(verbose_name='day')),
                ('splits_through', models.DateField(verbose_name='splits in effect up to')),
                ('source', models.CharField(max_length=24, verbose_name='source')),
                ('quality', models.CharField(max_length=12, verbose_name='quality')),
                ('instrument', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='market.instrument')),
                ('world', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.world')),
            ],
            options={
                'verbose_name': 'quote',
                'verbose_name_plural': 'quotes',
                'constraints': [models.UniqueConstraint(fields=('instrument', 'world'), name='quote_once'), models.CheckConstraint(condition=models.Q(('low__gt', 0)), name='quote_positive'), models.CheckConstraint(condition=models.Q(('price__gte', models.F('low')), ('price__lte', models.F('high'))), name='quote_in_range')],
            },
        ),
        migrations.RunSQL(ROOM, NO_ROOM),
    ]
