"""Alembic's migrations; :func:`data.engine.migrate` runs them."""
