"""Whose copy of a card it is, for a mail when their chat cannot be reached."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("storage", "0005_queue")]

    operations = [ops.AddField(model_name="Picture", name="reader", field=fields.CharField(max_length=320, null=True))]
