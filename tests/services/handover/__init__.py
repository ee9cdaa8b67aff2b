"""Leaver handover."""
