"""The queue of reviewers: who was asked about which request, and the indexes that pages and counters are read from.

The indexes are partial: they hold open requests only, however many are over. Tortoise has no way to say that, so they
are made by statements that both databases know. `closed_at`, always null there, is in them because SQLite asks for it.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from storage.moments import Moment


class Migration(migrations.Migration):
    dependencies = [("storage", "0004_conversations")]

    operations = [
        ops.CreateModel(
            name="Reviewer",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("number", fields.IntField()),
                ("owner", fields.CharField(max_length=320)),
                ("asked", fields.BooleanField()),
                ("also", fields.BooleanField(default=False)),
                ("status", fields.CharField(max_length=12)),
                ("priority", fields.CharField(max_length=8)),
                ("due_at", Moment(null=True)),
                ("closed_at", Moment(null=True)),
            ],
            options={"table": "keyturn_reviewers", "unique_together": (("number", "owner"),), "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunSQL(
            [
                "INSERT INTO keyturn_reviewers (number, owner, asked, also, status, priority, due_at)"
                " SELECT number, CASE WHEN owner LIKE 'group:%' THEN owner ELSE lower(owner) END, TRUE, FALSE, status, priority, due_at"
                " FROM password_reset_requests"
                " WHERE closed_at IS NULL AND owner <> '' AND owner <> 'Password Reset Request Agent'",
                "CREATE INDEX idx_reviewers_open ON keyturn_reviewers (owner, status, priority, number, asked, closed_at) WHERE closed_at IS NULL",
                "CREATE INDEX idx_reviewers_due ON keyturn_reviewers (owner, status, priority, due_at, number, asked, closed_at) WHERE closed_at IS NULL",
                "CREATE INDEX idx_reviewers_closed ON keyturn_reviewers (owner, closed_at, number) WHERE closed_at IS NOT NULL",
                "CREATE INDEX idx_requests_open ON password_reset_requests (status, priority, number, closed_at) WHERE closed_at IS NULL",
                "CREATE INDEX idx_requests_due ON password_reset_requests (status, priority, due_at, number, closed_at) WHERE closed_at IS NULL",
                "CREATE INDEX idx_requests_closed ON password_reset_requests (closed_at, number) WHERE closed_at IS NOT NULL",
                "CREATE INDEX idx_requests_asker ON password_reset_requests (okta_id) WHERE closed_at IS NULL AND on_behalf <> ''",
                "CREATE INDEX idx_requests_behalf ON password_reset_requests (lower(on_behalf)) WHERE closed_at IS NULL AND on_behalf <> ''",
                "CREATE INDEX idx_effects_time ON keyturn_effects (intended_at)",
            ]
        ),
    ]
