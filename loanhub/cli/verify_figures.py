"""``loanhub verify-figures DIR``: worked examples of anybody's, through the product's own code 算例核对."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loanhub.cli._commands import Commands, refuse
from loanhub.domain.errors import InvalidInput


def verify_figures(
    folder: Annotated[
        Path, typer.Argument(help="放算例 *.json 的文件夹，不含下级文件夹 (folder of examples)")
    ],
    show: Annotated[
        int, typer.Option(min=1, max=1000, help="每部分最多列出几处不同 (differences shown a section)")
    ] = 5,
) -> None:
    """逐个核对算例，有任何不同或读不了就以 1 结束。Run worked examples; exit 1 on any difference."""
    from loanhub.services import figures

    try:
        reports = figures.verify_folder(folder)
    except InvalidInput as error:
        raise refuse(error) from None
    cases = passed = 0
    for report in reports:
        if report.skipped:
            typer.echo(f"{report.name}: 跳过 skipped — {report.skipped}")
            continue
        for section in report.sections:
            cases, passed = cases + section.cases, passed + section.passed
            mark = "通过 ok" if section.passed == section.cases else "不同 DIFFERENT"
            typer.echo(
                f"{report.name} / {section.name}: {section.cases} 例 cases, {section.passed} 通过 passed — {mark}"
            )
            for one in section.differences[:show]:
                typer.secho(
                    f"  {one.case} · {one.field}: 应为 expected {one.expected}, 得到 got {one.got}",
                    fg=typer.colors.RED,
                )
            if len(section.differences) > show:
                typer.echo(f"  … 另有 {len(section.differences) - show} 处 more")
        if report.fault:
            typer.secho(f"{report.name}: 无法核对 unreadable — {report.fault}", fg=typer.colors.RED)
    failed = [report.name for report in reports if not report.good]
    ran = sum(not report.skipped for report in reports)
    typer.echo(f"合计 total: {ran} 个文件 files, {cases} 例 cases, {passed} 通过 passed")
    if failed:
        typer.secho(f"未通过 failed: {'、'.join(failed)}", fg=typer.colors.RED)
        raise typer.Exit(1)
    if not cases:
        typer.secho("没有核对任何算例 nothing was verified", fg=typer.colors.RED)
        raise typer.Exit(1)


COMMANDS = Commands("verify-figures", verify_figures)
