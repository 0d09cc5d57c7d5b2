"""The history of the schema, by Tortoise's own tool.

A step for an older database may add tables, and columns that are null or have a `db_default`: SQLite refuses a
NOT NULL column with only a Python default, and its way to alter or remove a column makes the table anew without
its indexes.
"""
