"""Tests: one file a module; real servers, real files, a real browser."""
