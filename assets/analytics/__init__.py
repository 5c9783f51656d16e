"""The analytics views, rebuilt by dbt."""
