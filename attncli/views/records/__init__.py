"""Views for programs: JSON, rows of a table, named arrays."""
