"""Alembic's migrations; :func:`data.revisions.migrate` runs them."""
