"""The report page: one HTML file with all its figures inside."""

from html import escape
from pathlib import Path

from scripts.networks.report.evaluation import Evaluation
from scripts.networks.report.section import Section
from scripts.networks.report.sections import SECTIONS

STYLE = Path(__file__).with_name("style.css")


def write_report(evaluation: Evaluation) -> dict[str, bytes]:
    """The files of a report by name: the self-contained page, and its figures as PNG."""
    sections = [section for write in SECTIONS if (section := write(evaluation)) is not None]
    figures = {f"{figure.name}.png": figure.png for section in sections for figure in section.figures}
    return {"report.html": _page(evaluation.network.info.name, sections).encode(), **figures}


def _page(name: str, sections: list[Section]) -> str:
    links = "".join(f'<a href="#{each.anchor}">{escape(each.title)}</a>' for each in sections)
    body = "".join(
        f'<section id="{each.anchor}"><h2>{escape(each.title)}</h2>{each.html}</section>' for each in sections
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)}: training report</title><style>{STYLE.read_text()}</style></head>"
        f"<body><header><h1>{escape(name)}</h1><nav>{links}</nav></header><main>{body}</main></body></html>\n"
    )
