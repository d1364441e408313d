"""What is handed on: built the same twice, listed with its licences and parts, audited."""
