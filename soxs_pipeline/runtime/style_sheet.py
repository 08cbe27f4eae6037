"""How pages look: sober, readable on a laptop, light and dark, and on paper."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["page"]

_STYLE_SHEET = """
:root { --ink: #1d2329; --soft: #65707c; --line: #dde2e7; --page: #f5f6f8; --card: #ffffff;
  --good: #2a8a57; --bad: #c2372c; --none: #b7bec6; --link: #1f5fa8; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #98a2ad; --line: #333b43;
  --page: #15191d; --card: #1e2429; --good: #4bb985; --bad: #ee6b60; --link: #7db2ee; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 24px 80px; }
h1 { font-size: 26px; font-weight: 650; margin: 0 0 2px; letter-spacing: -.01em; }
h2 { font-size: 19px; font-weight: 650; margin: 40px 0 12px; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
.quiet { color: var(--soft); } p { margin: 6px 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 18px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 10px 18px 12px; min-width: 130px; }
.tile b { display: block; font-size: 26px; line-height: 1.25; font-weight: 600; }
.tile span { color: var(--soft); font-size: 13px; }
.tile.good b { color: var(--good); } .tile.bad b { color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  margin: 10px 0; padding: 0 18px; }
.card > summary { display: flex; align-items: center; gap: 12px; padding: 11px 0; cursor: pointer;
  list-style: none; } .card > summary::-webkit-details-marker { display: none; }
.card > summary .quiet { margin-left: auto; }
.card[open] { padding-bottom: 14px; } .card[open] > summary { border-bottom: 1px solid var(--line);
  margin-bottom: 12px; }
details details summary { cursor: pointer; color: var(--link); margin: 8px 0 4px;
  font-size: 14px; }
.lamp { display: inline-block; width: 11px; height: 11px; border-radius: 50%; flex: none;
  background: var(--none); } .lamp.good { background: var(--good); }
.lamp.bad { background: var(--bad); }
.error { border-left: 4px solid var(--bad); padding: 4px 12px; }
.remarks { margin: 6px 0 12px; padding-left: 20px; color: var(--soft); font-size: 14px; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 14px;
  margin: 10px 0 14px; }
figure { margin: 0; } figure input { display: none; }
figure img { width: 100%; border: 1px solid var(--line); border-radius: 6px; background: #fff;
  cursor: zoom-in; display: block; }
figcaption { color: var(--soft); font-size: 13px; margin-top: 4px; }
figure input:checked + label { position: fixed; inset: 0; z-index: 9; background: #000c;
  display: flex; overflow: auto; padding: 14px; cursor: zoom-out; }
figure input:checked + label img { width: auto; max-width: 100%; max-height: 100%; margin: auto;
  border: 0; cursor: zoom-out; }
table { border-collapse: collapse; font-size: 14px; margin: 8px 0; width: 100%; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; }
th, td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
td.bad { color: var(--bad); font-weight: 600; }
.wide { overflow-x: auto; } .files { font-size: 14px; margin-top: 10px; }
.reasons { padding-left: 18px; } .reasons li { margin: 8px 0; } .reasons p { margin: 2px 0; }
@media print { body { background: #fff; } .card, .tile { break-inside: avoid; } }
"""


def page(title: str, parts: Iterable[str], *, refresh_s: int = 0) -> str:
    """Return a page that needs nothing beside itself.

    Parameters
    ----------
    title
        Of the window.
    parts
        HTML of the body; empty ones are left out.
    refresh_s
        After how many seconds a browser reads it again; 0 for never.
    """
    again = f'<meta http-equiv="refresh" content="{refresh_s}">\n' if refresh_s else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        + again
        + f"<title>{title}</title>\n<style>{_STYLE_SHEET}</style></head>\n<body><main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main></body></html>\n"
    )
