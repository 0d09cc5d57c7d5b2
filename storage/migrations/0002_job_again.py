"""A job that is put again while it runs keeps when it is to run next."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from storage.moments import Moment


class Migration(migrations.Migration):
    dependencies = [("storage", "0001_initial")]

    operations = [ops.AddField(model_name="Job", name="again_at", field=Moment(null=True))]
