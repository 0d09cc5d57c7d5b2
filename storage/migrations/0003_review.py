"""Review by people: their votes, and why a reviewer got a card."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from storage.moments import Moment


class Migration(migrations.Migration):
    dependencies = [("storage", "0002_job_again")]

    operations = [
        ops.CreateModel(
            name="Vote",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("request_id", fields.CharField(max_length=24)),
                ("round", fields.IntField()),
                ("verb", fields.CharField(max_length=8)),
                ("voter", fields.CharField(max_length=40)),
                ("voter_email", fields.CharField(max_length=320)),
                ("voter_name", fields.CharField(default="", max_length=200)),
                ("surface", fields.CharField(max_length=200)),
                ("said", fields.JSONField(default=dict)),
                ("step_up", fields.JSONField(null=True)),
                ("state", fields.CharField(max_length=8)),
                ("created_at", Moment()),
            ],
            options={"table": "keyturn_votes", "unique_together": (("request_id", "round", "voter"),), "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.AddField(model_name="Picture", name="reason", field=fields.CharField(max_length=200, null=True)),
    ]
