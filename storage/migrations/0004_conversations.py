"""Where people of Teams are spoken to."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from storage.moments import Moment


class Migration(migrations.Migration):
    dependencies = [("storage", "0003_review")]

    operations = [
        ops.CreateModel(
            name="Conversation",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("platform", fields.CharField(max_length=8)),
                ("tenant", fields.CharField(max_length=64)),
                ("platform_user", fields.CharField(max_length=64)),
                ("service_url", fields.CharField(max_length=300)),
                ("conversation", fields.CharField(default="", max_length=300)),
                ("seen_in", fields.CharField(default="", max_length=300)),
                ("account", fields.CharField(default="", max_length=200)),
                ("bot", fields.CharField(default="", max_length=200)),
                ("email", fields.CharField(default="", max_length=320)),
                ("locale", fields.CharField(default="", max_length=35)),
                ("zone", fields.CharField(default="", max_length=64)),
                ("welcomed_at", Moment(null=True)),
                ("seen_at", Moment()),
            ],
            options={
                "table": "keyturn_conversations",
                "unique_together": (("platform", "tenant", "platform_user"),),
                "indexes": [Index(fields=["platform", "email"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
