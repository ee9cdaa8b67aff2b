"""Find variants: every public module of a folder that defines a given constant.

One more repayment method, operator, action, measure, template, channel or job is one more file; nobody
keeps a list of them.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


class DuplicateVariant(RuntimeError):
    """Two files of one folder claim the same code: a mistake of ours, found when the program starts."""


def discover(package_name: str, constant: str) -> dict[str, Any]:
    """Return the variants of a package by their code, in the order of their file names.

    A variant is the value of ``constant`` in a module whose name does not begin with an underscore; its
    code is its ``code`` attribute. Modules without the constant are helpers and are passed over.

    Raises:
        DuplicateVariant: two modules define the same code.
    """
    package = import_module(package_name)
    found: dict[str, Any] = {}
    for module_info in sorted(iter_modules(package.__path__), key=lambda info: info.name):
        if module_info.name.startswith("_"):
            continue
        module = import_module(f"{package_name}.{module_info.name}")
        if not hasattr(module, constant):
            continue
        variant = getattr(module, constant)
        code = str(variant.code)
        if code in found:
            raise DuplicateVariant(f"{package_name}: two modules define {constant} with code {code!r}")
        found[code] = variant
    return found
