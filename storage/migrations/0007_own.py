"""A person's own requests by their Okta account, wherever they were made."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("storage", "0006_reader")]

    operations = [ops.AddIndex(model_name="Request", index=Index(fields=["okta_id", "number"]))]
