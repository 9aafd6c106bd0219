"""Measurements: what `workbook bench` runs."""
