from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0010_reason_codes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_due',
        ),
        migrations.AddField(
            model_name='delivery',
            name='failures',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='delivery',
            name='held',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='delivery',
            name='lane',
            field=models.CharField(choices=[('mail', 'Mail'), ('web', 'Web')], default='web', max_length=4),
        ),
        migrations.RunSQL(
            "UPDATE alerts_delivery delivery SET lane = 'mail' FROM alerts_channel channel"
            " WHERE channel.id = delivery.channel_id AND channel.kind = 'email' AND delivery.state = 'pending'",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name='channel',
            index=models.Index(condition=models.Q(('state', 'disabled')), fields=['id'], name='channel_stopped'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('held', False), ('state', 'pending')), fields=['lane', 'gathered', 'due_at', 'id'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('held', False), ('state', 'pending')), fields=['lane', 'gathered', 'channel', 'due_at', 'id'], name='delivery_of_channel_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('lease__isnull', False), ('state', 'pending')), fields=['channel'], name='delivery_leased'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('held', True), ('state', 'pending')), fields=['channel'], name='delivery_held'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'pending'), _negated=True), fields=['done_at'], name='delivery_ended'),
        ),
    ]
