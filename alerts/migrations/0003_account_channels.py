"""Give every account the channel that leads to its own address; new ones get it when they are made."""

from django.conf import settings
from django.db import migrations

MAKE = """
INSERT INTO alerts_channel (
    uuid, owner_id, kind, name, is_account, hint, topics, digest, state, reason, proof, proof_tries,
    failures, hour_sent, created_at, updated_at
)
SELECT gen_random_uuid(), person.id, 'email', 'E-mail', true, '', '{alert,portfolio,import,channel}', 'none',
    'active', '', '', 0, 0, 0, now(), now()
FROM accounts_user person
ON CONFLICT (owner_id) WHERE is_account DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0002_rules_and_channels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunSQL(MAKE, migrations.RunSQL.noop)]
