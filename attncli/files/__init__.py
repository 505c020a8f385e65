"""Untrusted files, read with checks: kinds of files and folders, arrays, JSON, text; written whole or not at all."""
