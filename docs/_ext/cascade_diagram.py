"""The association map as a drawing: tasks in rows, products in lanes."""

from collections.abc import Sequence
from html import escape

from soxs_pipeline.cascade.graph import execution_order, producers, users
from soxs_pipeline.cascade.spec import DataItem, Group, Task

ROW, LANE, LEFT, TOP = 54, 26, 190, 150
BOX = 190
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#8c4a9e", "#b8860b")
STYLE = (
    "text{font-family:sans-serif;font-size:12px;fill:#222}"
    ".raw{fill:#555}.small{font-size:10.5px;fill:#555}"
    ".box{fill:#f4f6f8;stroke:#8a8a8a}"
)


def draw(tasks: Sequence[Task]) -> str:
    """Return an SVG: a dot where a product is made, rings where it is taken.

    Parameters
    ----------
    tasks
        Tasks to be drawn, those of one kind of observation.
    """
    rows = {task.name: i for i, task in enumerate(execution_order(tasks))}
    ordered = sorted(tasks, key=lambda task: rows[task.name])
    lanes = [item for task in ordered for _, item in task.products]
    width = LEFT + BOX + 40 + LANE * len(lanes) + 30
    height = TOP + ROW * len(ordered) + 10
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" role="img"><style>{STYLE}</style>'
            f'<rect width="{width}" height="{height}" fill="white"/>'
        )
    ]
    for task in ordered:
        parts += _task(task, TOP + ROW * rows[task.name])
    for lane, item in enumerate(lanes):
        x = LEFT + BOX + 40 + LANE * lane
        parts += _lane(item, x, COLOURS[lane % len(COLOURS)], tasks, rows)
    return "\n".join([*parts, "</svg>"])


def _middle(row: int) -> float:
    return TOP + ROW * row + 18


def _task(task: Task, y: float) -> list[str]:
    arms = "" if len(task.arms) > 1 else f" ({task.arms[0]})"
    raw = [s.item.tag for s in (task.main, *task.others) if s.item.group is Group.RAW]
    lines = [
        f'<text class="raw" x="{LEFT - 12}" y="{y + 14 + 13 * i}" text-anchor="end">'
        f"{escape(tag)}</text>"
        for i, tag in enumerate(raw)
    ]
    return [
        *lines,
        f'<rect class="box" x="{LEFT}" y="{y}" width="{BOX}" height="38" rx="5"/>',
        f'<text x="{LEFT + 10}" y="{y + 16}" font-weight="bold">{escape(task.name + arms)}</text>',
        f'<text class="small" x="{LEFT + 10}" y="{y + 30}">{escape(task.recipe)}</text>',
        f'<line x1="{LEFT + BOX}" x2="10000" y1="{y + 18}" y2="{y + 18}" stroke="#e4e4e4"/>',
    ]


def _lane(
    item: DataItem, x: float, colour: str, tasks: Sequence[Task], rows: dict[str, int]
) -> list[str]:
    maker = producers(tasks)[item.tag][0].name
    takers = [task.name for task in users(tasks).get(item.tag, ())]
    first = _middle(rows[maker])
    last = max([first, *(_middle(rows[name]) for name in takers)])
    rings = [
        f'<circle cx="{x}" cy="{_middle(rows[name])}" r="5" fill="white" stroke="{colour}" '
        'stroke-width="2"/>'
        for name in takers
    ]
    return [
        (
            f'<line x1="{x}" x2="{x}" y1="{TOP - 12}" y2="{first}" stroke="{colour}" '
            'stroke-dasharray="1 4" opacity="0.5"/>'
        ),
        f'<line x1="{x}" x2="{x}" y1="{first}" y2="{last}" stroke="{colour}" stroke-width="2"/>',
        f'<circle cx="{x}" cy="{first}" r="5" fill="{colour}"/>',
        *rings,
        (
            f'<text x="{x + 4}" y="{TOP - 16}" transform="rotate(-60 {x + 4} {TOP - 16})" '
            f'style="fill:{colour}">{escape(item.tag)}</text>'
        ),
    ]
