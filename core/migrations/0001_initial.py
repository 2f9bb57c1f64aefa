import core.ids
import django.db.models.deletion
from django.db import migrations, models

# Nobody changes or deletes an audit event, whatever the code above the database does.
REFUSE_CHANGES = """
CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows are never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER core_auditevent_immutable BEFORE UPDATE OR DELETE ON core_auditevent
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""
ALLOW_CHANGES = """
DROP TRIGGER core_auditevent_immutable ON core_auditevent;
DROP FUNCTION core_refuse_change();
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_label', models.CharField(max_length=80)),
                ('verb', models.CharField(max_length=60)),
                ('object_type', models.CharField(max_length=60)),
                ('object_id', models.CharField(max_length=40)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('reason', models.CharField(blank=True, max_length=400)),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_id', models.UUIDField()),
                ('key', models.CharField(max_length=200)),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('body', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='World',
            fields=[
                ('id', models.SmallAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('live', 'Live'), ('simulated', 'Simulated'), ('replay', 'Replay')], max_length=12)),
                ('name', models.CharField(max_length=80, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='AuditOrigin',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='origin', serialize=False, to='core.auditevent')),
                ('address', models.GenericIPAddressField(null=True)),
                ('agent', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['object_type', 'object_id', '-at'], name='audit_object'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['actor_id', '-at'], name='audit_actor'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['-at'], name='audit_at'),
        ),
        migrations.AddIndex(
            model_name='idempotencykey',
            index=models.Index(fields=['created_at'], name='idempotency_age'),
        ),
        migrations.AddConstraint(
            model_name='idempotencykey',
            constraint=models.UniqueConstraint(fields=('user_id', 'key'), name='idempotency_once'),
        ),
        migrations.AddConstraint(
            model_name='world',
            constraint=models.UniqueConstraint(models.F('kind'), condition=models.Q(('kind', 'live')), name='world_one_live'),
        ),
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
    ]
