"""How each chart looks, small, light and dark: a series that turns color, stacks otherwise or leaves the frame is seen here.

Drawn with the design's templates by the Plotly that comes with the Python package, in Chromium, without letters: they differ
from machine to machine, and what they say stands in the figure's own tests and the table beside it.

``LOANHUB_WRITE_LOOKS=1`` writes the baselines anew, and the pictures at full size beside them in the temporary folder.
"""

from __future__ import annotations

import base64
import inspect
import io
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import plotly.graph_objects as go
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from plotly.offline import get_plotlyjs

from loanhub.analytics import figures, report_figures
from loanhub.components.charts import templates

BASELINES = Path(__file__).with_name("chart_looks.json")
FRAME = {"width": 600, "height": 240}
SMALL = (60, 24)
GROUNDS = {"light": "#ffffff", "dark": "#161b1a"}
LARGEST_MEAN, LARGEST_SHARE = 2.0, 0.03
"""Levels of a color a point may differ on average, and the share of points that may differ by more than 24."""
MONTHS = [f"25-{month:02d}" for month in range(12, 13)] + [f"26-{month:02d}" for month in range(1, 12)]
TREND = [{"month": m, "disbursed": 900 + 70 * n, "collected": 400 + 55 * n} for n, m in enumerate(MONTHS)]
AGEING = [
    {"month": m, "m1": 1 + n % 4, "m2": 0.4 + n % 3, "m3": 0.1 * n}
    for n, m in enumerate([*MONTHS[:-1], "现在"])
]
MEMBERS = [{"day": f"2026-11-{day:02d}", "members": 40 + day * day % 17} for day in range(1, 23)]
LPR = [
    {"day": day, "one_year": one, "five_year": five}
    for day, one, five in (("2024-10-21", "3.10", "3.60"), ("2025-05-20", "3.00", "3.50"), ("2026-03-20", "2.90", "3.40"), ("2026-11-20", "2.90", "3.40"))
]  # fmt: skip
LABELS = ["杭州", "上海", "宁波", "德阳", "惠州", "绵阳"]
SERIES = [
    report_figures.Series(name, tuple(float(one) for one in values), tuple(str(one) for one in values))
    for name, values in (("本月", (9, 7, 6, 4, 2, 1)), ("上月", (5, 6, 7, 2, 3, 0)))
]
CHARTS = {
    "trend": lambda: figures.trend(TREND),
    "ageing": lambda: figures.ageing(AGEING),
    "members": lambda: figures.members(MEMBERS),
    "lpr": lambda: figures.lpr(LPR),
    "report bars": lambda: report_figures.bars(LABELS, SERIES[:1]),
    "report stack": lambda: report_figures.bars(LABELS, SERIES, stacked=True),
    "report lines": lambda: report_figures.lines(LABELS, SERIES),
}  # fmt: skip


@pytest.fixture(scope="module")
def paper(browser: Browser) -> Iterator[Page]:
    """A page with Plotly and nothing else."""
    context = browser.new_context(viewport=FRAME, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_content("<body style='margin:0'><div id='chart'></div></body>")
    page.add_script_tag(content=get_plotlyjs())
    yield page
    context.close()


def picture(paper: Page, figure: go.Figure, theme: str) -> Image.Image:
    """Return the chart without letters, at the size it was drawn."""
    bare = go.Figure(figure)
    bare.update_layout(
        template=templates()[0 if theme == "light" else 1], paper_bgcolor=GROUNDS[theme], **FRAME,
        margin={"l": 40, "r": 20, "t": 30, "b": 30, "autoexpand": False}, font={"color": "rgba(0,0,0,0)"},
    )  # fmt: skip
    nothing = {"color": "rgba(0,0,0,0)"}
    bare.update_layout(showlegend=False)  # where it stands follows from how wide its words are
    bare.update_xaxes(automargin=False, tickfont=nothing)
    bare.update_yaxes(automargin=False, tickfont=nothing)
    paper.evaluate(
        """async text => { const figure = JSON.parse(text);
          await Plotly.newPlot('chart', figure.data, figure.layout, {staticPlot: true}); }""",
        bare.to_json(),
    )
    shot = paper.screenshot()
    return Image.open(io.BytesIO(shot)).convert("RGB")


@pytest.mark.parametrize("theme", list(GROUNDS))
@pytest.mark.parametrize("code", list(CHARTS))
def test_charts_look_as_they_were_seen(paper: Page, code: str, theme: str) -> None:
    full = picture(paper, CHARTS[code](), theme)
    found = full.resize(SMALL, Image.Resampling.BOX).tobytes()
    key = f"{code} {theme}"
    if os.environ.get("LOANHUB_WRITE_LOOKS"):
        known = json.loads(BASELINES.read_text()) if BASELINES.exists() else {}
        known[key] = base64.b64encode(zlib.compress(found, 9)).decode()
        BASELINES.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n")
        full.save(Path(tempfile.gettempdir()) / f"chart-{key.replace(' ', '-')}.png")
        return
    seen = zlib.decompress(base64.b64decode(json.loads(BASELINES.read_text())[key]))

    apart = [abs(one - other) for one, other in zip(found, seen, strict=True)]
    assert sum(apart) / len(apart) <= LARGEST_MEAN
    assert sum(1 for one in apart if one > 24) / len(apart) <= LARGEST_SHARE


def test_no_chart_is_left_out() -> None:
    """Whatever returns a figure is drawn here under its name; bars stand for two, stacked and beside each other."""
    drawn = {
        name
        for module in (figures, report_figures)
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__ and one.__annotations__.get("return") == "go.Figure"
    }
    assert drawn == {code.removeprefix("report ").replace("stack", "bars") for code in CHARTS}


def test_light_and_dark_are_not_the_same_picture() -> None:
    known = json.loads(BASELINES.read_text())

    assert set(known) == {f"{code} {theme}" for code in CHARTS for theme in GROUNDS}
    assert all(known[f"{code} light"] != known[f"{code} dark"] for code in CHARTS)
