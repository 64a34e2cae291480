from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0006_worker_lease_losses'),
    ]

    operations = [
        migrations.AddField(
            model_name='verification',
            name='exchanges_position',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='verification',
            name='up_to_hash',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
    ]
