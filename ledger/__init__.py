"""What has happened: records, schema, migrations and queries."""
