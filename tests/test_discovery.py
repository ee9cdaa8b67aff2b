"""Variants are found by their constant, one file each."""

import sys

import pytest

from loanhub.discovery import DuplicateVariant, discover


def package(tmp_path, monkeypatch, name, files):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for file, text in files.items():
        (folder / file).write_text("from types import SimpleNamespace as N\n" + text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


class TestDiscover:
    def test_finds_public_modules_with_the_constant_in_order(self, tmp_path, monkeypatch):
        name = package(
            tmp_path,
            monkeypatch,
            "some_variants",
            {
                "b.py": "THING = N(code='bee')",
                "a.py": "THING = N(code='ay')",
                "helper.py": "",
                "_c.py": "THING = N(code='c')",
            },
        )

        assert list(discover(name, "THING")) == ["ay", "bee"]
        assert "some_variants._c" not in sys.modules

    def test_refuses_two_files_with_one_code(self, tmp_path, monkeypatch):
        name = package(
            tmp_path, monkeypatch, "twins", {"a.py": "THING = N(code='x')", "b.py": "THING = N(code='x')"}
        )

        with pytest.raises(DuplicateVariant):
            discover(name, "THING")
