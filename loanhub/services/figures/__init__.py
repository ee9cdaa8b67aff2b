"""Worked examples 算例核对: files of the shape of tests/golden/*.json, run through the product's own code."""

from loanhub.services.figures.verify import Difference, FileReport, SectionReport, verify_folder, verify_text

__all__ = ["Difference", "FileReport", "SectionReport", "verify_folder", "verify_text"]
