"""The charts of the report, as Altair specifications from tables. Colours are safe for colour-blind readers and
differ in lightness, so that they hold in grey print too."""

from __future__ import annotations

import math
import textwrap
from typing import TypeVar

import altair as alt
import pandas as pd

T = TypeVar("T", bound=alt.TopLevelMixin)

FONT = "Source Sans Pro"
WIDTH = 640
INK = "#333333"
# Okabe & Ito's vermillion and blue; the greys carry what is uncertain.
TALIBAN = "#b8460e"
GOVERNMENT = "#0b5c8a"
UNSURE = "#8a8a8a"
BAND = "#e3b08f"
SEQUENCE = ["#f3e3d6", "#e3b08f", "#cf7b48", "#a9430f", "#6f2a08"]

# Days are written as midnight without a zone, which Vega reads and prints in the reader's own: the same day
# everywhere. A UTC scale would show the day before east of Greenwich. Drawings are made in UTC (drawing.py).
TICKS = 8  # about, of an axis of days
# The longest axis whose days need no year, since none comes twice; and one on which every tick is a new year.
WITHIN_A_YEAR, OF_YEARS = 300, 5 * 366


def day_axis(first: pd.Timestamp, last: pd.Timestamp) -> alt.Axis:
    """Return an axis of the days from first to last, which names days, months with their years, or years."""
    days = pd.Timedelta(last - first).days  # NaN where there is nothing to draw
    form = "%Y" if days > OF_YEARS else "%b %Y" if days > WITHIN_A_YEAR else "%-d %b"
    # More ticks than days would name a day twice.
    ticks = {"interval": "day", "step": 1} if days < TICKS - 1 else TICKS
    return alt.Axis(format=form, labelAngle=0, grid=False, title=None, tickCount=ticks)


def titled(title: str, **more: object) -> alt.Axis:
    """Return a vertical axis whose title lies flat above it: nothing to turn the head for, nothing to run into."""
    flat = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": 0, "titleY": -12}
    return alt.Axis(title=title, titleBaseline="bottom", **flat, **more)


def _with(chart: T, **properties: object) -> T:
    """Set properties of a chart, and return it. Altair's own methods return a changed copy, for which a chart of many
    parts is put together anew from copies of them all."""
    for name, value in properties.items():
        chart[name] = value
    return chart


def themed(chart: alt.TopLevelMixin) -> alt.TopLevelMixin:
    """Return the chart in the report's look: one font, quiet axes, no frame, no background of its own."""
    text = {"labelFont": FONT, "titleFont": FONT, "labelColor": INK, "titleColor": INK}
    config = alt.Config(
        font=FONT,
        background="transparent",
        axis=alt.AxisConfig(
            **text, labelFontSize=12, titleFontSize=12, titleFontWeight="normal", gridColor="#dddddd",
            domainColor="#999999", tickColor="#999999", labelSeparation=6,
        ),
        legend=alt.LegendConfig(**text, labelFontSize=12, titleFontSize=12, titleFontWeight="normal"),
        header=alt.HeaderConfig(**text, labelFontSize=13, labelFontWeight="bold", title=None),
        view=alt.ViewConfig(stroke=None),
    )  # fmt: skip
    return _with(chart, config=config)


# An axis of counts. The least step alone lets Vega write 0.5 and 1.5 where there are two.
WHOLE = {"tickMinStep": 1, "labelExpr": "datum.value % 1 ? '' : format(datum.value, ',d')"}
# Over its bar, and not beside it, a label leaves the bar the whole width.
OVER = {"labelAlign": "left", "labelPadding": 0, "labelOffset": -8, "labelLimit": 0, "zindex": 1}
UNDER = 6  # how far below the middle of its row a bar then lies
LINE = 15  # height of a line of a label


def on_phone(chart: alt.TopLevelMixin, otherwise: dict[str, object]) -> alt.TopLevelMixin:
    """Return the chart with what is laid over its specification on a phone (by report.js), which also has no room
    for an empty rim."""
    return _with(chart, usermeta={"phone": {"padding": {"left": 0, "right": 0}, **otherwise}})


def _either(channel: type[alt.SchemaBase], test: object, yes: object, no: object) -> alt.SchemaBase:
    """Return a channel that has one value where a test of the row holds, and another elsewhere. Altair would take
    the condition alone too, but looks through its whole schema for what it is."""
    return channel(**alt.condition(test, alt.value(yes), alt.value(no)))


def legible(marks: alt.Chart, **text: object) -> alt.LayerChart:
    """Return labels that stay legible on what they lie over: each letter has a rim in the colour of the page."""
    look = {"font": FONT, "fontSize": 12, "lineBreak": "\n", "lineHeight": LINE, **text}
    rim = {"stroke": "#ffffff", "strokeWidth": 3.5, "strokeJoin": "round"}
    return alt.layer(marks.mark_text(color="#ffffff", **rim, **look), marks.mark_text(color=INK, **look))


MOST_POINTS = 1000  # of a line


def cumulative(running: pd.DataFrame, marks: pd.DataFrame, date_rule: str) -> alt.TopLevelMixin:
    """Draw the running count of losses: a band from certain to possible, a line for the date rule.

    `running`: date, low, point, high. `marks`: date, source — the days on which articles
    appeared.
    """
    # A window of many years has more days than the chart has points: every so many of them then, the last one too.
    running = running.iloc[::-1][:: math.ceil(len(running) / MOST_POINTS) or 1][::-1]
    several = marks.groupby("date", sort=True)["source"].agg(["first", "size"]).reset_index()
    more = several["size"].sub(1).map(lambda n: f" and {n:,} more" if n else "")
    marks = several.assign(source=several["first"] + more)[["date", "source"]].tail(MOST_POINTS)
    axis = day_axis(running["date"].min(), running["date"].max())
    base = alt.Chart(running).encode(x=alt.X("date:T", axis=axis))
    tooltip = [
        alt.Tooltip("date:T", title="By", format="%-d %B %Y"),
        alt.Tooltip("low:Q", title="Certain"),
        alt.Tooltip("point:Q", title="By the date rule"),
        alt.Tooltip("high:Q", title="Possible"),
    ]
    title = titled("districts reported lost", **WHOLE)
    band = base.mark_area(interpolate="step-after", color=BAND, opacity=0.7).encode(
        y=alt.Y("low:Q", axis=title), y2=alt.Y2("high:Q"), tooltip=tooltip
    )
    line = base.mark_line(interpolate="step-after", color=TALIBAN, strokeWidth=2.5).encode(
        y=alt.Y("point:Q"), tooltip=tooltip
    )
    certain, point, possible = (int(running[edge].iat[-1]) for edge in ("low", "point", "high"))
    said: dict[int, list[str]] = {}
    for count, word in ((certain, "certain"), (point, f"by the {date_rule}"), (possible, "possible")):
        said.setdefault(count, []).append(word)
    texts = {count: f"{count} " + ",\n".join(said[count]) for count in sorted(said, reverse=True)}
    if len(said) == 1:  # nothing is open
        texts = {certain: f"{certain}"}
    last = running["date"].iat[-1]
    # Above the band nothing can be in the way of a label; below it, what the curve passes is behind the letters.
    ends = [_end(last, possible, texts.pop(possible), below=False)] if possible > certain else []
    ends.append(_end(last, certain, "\n".join(texts.values()), below=possible > certain > possible / 5))
    rules = (
        alt.Chart(marks)
        .mark_rule(color=UNSURE, strokeDash=[3, 3])
        .encode(x=alt.X("date:T"), tooltip=[alt.Tooltip("source:N", title="Article")])
    )
    return themed(_with(alt.layer(band, rules, line, *ends), width=WIDTH, height=220))


def _end(date: pd.Timestamp, count: int, text: str, below: bool) -> alt.LayerChart:
    """Return a label at the end of a curve, above or below the count it is of."""
    place = {"baseline": "top", "dy": 5} if below else {"baseline": "bottom", "dy": -4 - LINE * text.count("\n")}
    marks = alt.Chart(pd.DataFrame({"date": [date], "count": [count], "text": [text]}))
    return legible(
        marks.encode(x=alt.X("date:T"), y=alt.Y("count:Q"), text=alt.Text("text:N")), align="right", dx=-4, **place
    )


# What the reader chooses on the map, by the script of the page (provinces.js); "" is all provinces.
PROVINCE = alt.param(name="province", value="")
CHOSEN = "province === '' || datum.province_id === province"


def province_tiles(tiles: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw the provinces as tiles in their rough places, shaded by losses that are possible.

    `tiles`: province_id, name, tile_column, tile_row, low, point, high (0 where nothing is reported), label.
    """
    top = max(4, int(tiles["high"].max()))
    # One darkness from the deepest shade on flips the lettering; the threshold is where contrast would fall short.
    dark = alt.datum.high > top * 0.65
    position = {
        "x": alt.X("tile_column:O", axis=None, scale=alt.Scale(paddingInner=0.06)),
        "y": alt.Y("tile_row:O", axis=None, scale=alt.Scale(paddingInner=0.06)),
    }
    tooltip = [
        alt.Tooltip("name:N", title="Province"),
        alt.Tooltip("low:Q", title="Losses certain in the window"),
        alt.Tooltip("high:Q", title="Losses possible in the window"),
    ]
    shade = alt.Color("high:Q", scale=alt.Scale(domain=[1, top], range=SEQUENCE), legend=None)
    colour = alt.ColorValue(**alt.condition(alt.datum.high > 0, shade, alt.value("#eeeeee")))
    # On a phone a tile is narrower than most names; there it bears the last part of the code, the ISO one with us.
    drawn = tiles.assign(code=tiles["province_id"].str.rpartition("-")[2])
    base = alt.Chart(drawn).transform_calculate(written="width < 460 ? datum.code : datum.name").encode(**position)
    tile = base.mark_rect(cornerRadius=3, cursor="pointer", strokeWidth=3).encode(
        color=colour,
        stroke=_either(alt.StrokeValue, "datum.province_id === province", INK, None),
        tooltip=tooltip,
    )
    # A longer name is cut, so that it does not run over its neighbours.
    room = WIDTH / max(1, tiles["tile_column"].nunique()) - 6
    name = base.mark_text(font=FONT, fontSize=11, dy=-10, limit=room).encode(
        text=alt.Text("written:N"), color=_either(alt.ColorValue, dark, "#ffffff", "#222222"), tooltip=tooltip
    )
    count = base.mark_text(font=FONT, fontSize=15, fontWeight="bold", dy=9).encode(
        text=alt.Text("label:N"), color=_either(alt.ColorValue, dark, "#ffffff", "#222222"), tooltip=tooltip
    )
    return themed(_with(alt.layer(tile, name, count), width=WIDTH, height=400).add_params(PROVINCE))


MOST_STEPS = 4000  # of running counts by province


def loss_bars(
    bars: pd.DataFrame, steps: pd.DataFrame, start: pd.Timestamp, as_of: pd.Timestamp, date_rule: str
) -> alt.TopLevelMixin:  # fmt: skip
    """Draw each loss as a bar over the days on which it can have happened, and above them the running count.

    `bars`: one row a loss: place, province_id, date_earliest, date_latest, date_point (missing where the date rule
    puts it outside the window), certain, days, events. `steps`: as `rates.steps` gives it.
    """
    # Of many provinces over many days, the steps of so many days together, on the last of them.
    period = math.ceil((as_of - start).days * steps["province_id"].nunique() / MOST_STEPS) or 1
    after = (steps["date"] - start).dt.days // period * period + period - 1
    together = steps.assign(date=(start + pd.to_timedelta(after, "D")).clip(upper=as_of))
    together = together.groupby(["province_id", "date"], observed=True, as_index=False)[["low", "point", "high"]].sum()
    ends = pd.DataFrame({"province_id": "", "date": [start, as_of], "low": 0, "point": 0, "high": 0})
    opens, closes = (
        alt.DateTime(year=d.year, month=d.month, date=d.day) for d in (start, as_of + pd.Timedelta(days=1))
    )
    window = alt.Scale(domainMin=opens, domainMax=closes)
    edges = ("low", "point", "high")
    running = (
        alt.Chart(pd.concat([together.astype({"province_id": str}), ends], ignore_index=True))
        .transform_filter(f"datum.province_id === '' || {CHOSEN}")
        .transform_aggregate(**{f"more_{edge}": f"sum({edge})" for edge in edges}, groupby=["date"])
        .transform_window(**{edge: f"sum(more_{edge})" for edge in edges}, sort=[alt.SortField("date")])
        .encode(
            x=alt.X("date:T", scale=window, axis=alt.Axis(labels=False, ticks=False, grid=False, title=None)),
            tooltip=[
                alt.Tooltip("date:T", title="By", format="%-d %B %Y"),
                alt.Tooltip("low:Q", title="Certain"),
                alt.Tooltip("point:Q", title="By the date rule"),
                alt.Tooltip("high:Q", title="Possible"),
            ],
        )
    )
    count = alt.Y("low:Q", axis=titled("losses so far", tickCount=4, **WHOLE))
    band = running.mark_area(interpolate="step-after", color=BAND, opacity=0.7).encode(y=count, y2=alt.Y2("high:Q"))
    line = running.mark_line(interpolate="step-after", color=TALIBAN, strokeWidth=2.5).encode(y=alt.Y("point:Q"))
    names = alt.Axis(title=None, labelLimit=200, domain=False, ticks=False, labelExpr="slice(datum.label, 4)")
    # A district can be lost twice: a number before its name makes a lane of each loss.
    lanes = [f"{number:03d} {place}" for number, place in enumerate(bars["place"])]
    # An end that no report gives lies somewhere beyond the window.
    first, last = bars["date_earliest"].fillna(start), bars["date_latest"].fillna(as_of)
    drawn = alt.Chart(bars.assign(lane=lanes, date_earliest=first, end=last + pd.Timedelta(days=1))).encode(
        y=alt.Y("lane:N", sort=None, scale=alt.Scale(paddingInner=0.3), axis=names),
        opacity=_either(alt.OpacityValue, CHOSEN, 1, 0.12),
        tooltip=[
            alt.Tooltip("place:N", title="District"),
            alt.Tooltip("days:N", title="Days"),
            alt.Tooltip("date_point:T", title=f"By the {date_rule}", format="%-d %B %Y"),
            alt.Tooltip("events:N", title="Rows"),
        ],
    )
    bar = drawn.mark_bar(height=9, cornerRadius=2, strokeWidth=1.4, stroke=TALIBAN, clip=True, cursor="pointer").encode(
        x=alt.X("date_earliest:T", scale=window, axis=day_axis(start, as_of)),
        x2=alt.X2("end:T"),
        color=_either(alt.ColorValue, "datum.certain", BAND, "#ffffff00"),
        strokeDash=_either(alt.StrokeDashValue, "datum.certain", [1, 0], [3, 2]),
    )
    # In the middle of the day; the drawing and the page both take days as local ones.
    day = drawn.transform_filter("isValid(datum.date_point)").transform_calculate(
        noon="toDate(datum.date_point) + 12 * 60 * 60 * 1000"
    )
    tick = day.mark_tick(thickness=3, height=13, color=TALIBAN).encode(x=alt.X("noon:T"))
    # The width that labels of districts leave.
    width = WIDTH - 170
    chart = alt.vconcat(
        _with(alt.layer(band, line), width=width, height=110),
        _with(alt.layer(bar, tick), width=width, height=alt.Step(17)),
        spacing=10,
    ).add_params(PROVINCE)
    lane = {"mark": {"yOffset": UNDER}, "encoding": {"y": {"axis": OVER}}}
    return themed(on_phone(chart, {"vconcat": [{}, {"height": {"step": 32}, "layer": [lane, lane]}]}))


def timelines(changes: pd.DataFrame, side: str = "the Taliban") -> alt.TopLevelMixin:
    """Draw the reported changes of control of districts: a bar over the days that each report allows.

    `changes`: district, lane (one a report), date_earliest, date_latest, days, to, standing, source, what.
    """
    # An end that no report gives is drawn as far as anything is.
    first, last = changes["date_earliest"], changes["date_latest"]
    drawn = changes.assign(
        date_earliest=first.fillna(min(first.min(), last.min())),
        end=last.fillna(max(first.max(), last.max())) + pd.Timedelta(days=1),
        side=changes["to"].map({"taliban": f"to {side}", "government": "to the government"}),
    )
    sides = alt.Scale(domain=[f"to {side}", "to the government"], range=[TALIBAN, GOVERNMENT])
    legend = alt.Legend(title=None, orient="top", columnPadding=28)
    bars = (
        alt.Chart(drawn)
        .mark_bar(height=9, cornerRadius=2, strokeWidth=1.4)
        .encode(
            x=alt.X("date_earliest:T", axis=day_axis(drawn["date_earliest"].min(), drawn["end"].max())),
            x2=alt.X2("end:T"),
            y=alt.Y("lane:N", axis=None, sort=None, scale=alt.Scale(paddingInner=0.3)),
            color=alt.Color("side:N", scale=sides, legend=legend),
            stroke=alt.Stroke("side:N", scale=sides, legend=legend),
            fillOpacity=_either(alt.FillOpacityValue, alt.datum.standing == "counted", 1, 0.15),
            strokeDash=_either(alt.StrokeDashValue, alt.datum.standing == "counted", [1, 0], [3, 2]),
            tooltip=[
                alt.Tooltip("district:N", title="District"),
                alt.Tooltip("what:N", title="Report"),
                alt.Tooltip("days:N", title="Days"),
                alt.Tooltip("standing:N", title="Standing"),
                alt.Tooltip("source:N", title="Source"),
            ],
        )
        .properties(width=WIDTH - 140, height=alt.Step(16))
    )
    above = {"labelOrient": "top", "labelAnchor": "start", "labelPadding": 2}
    chart = _rows_by(bars, "district", drawn["district"], orient="left")
    return themed(on_phone(chart, {"facet": {"row": {"header": above}}}))


def _rows_by(chart: alt.Chart, column: str, values: pd.Series, orient: str) -> alt.FacetChart:
    """Return the chart in rows by a column, in the order in which its values first come."""
    header = alt.Header(
        labelAngle=0,
        labelAlign="left",
        labelAnchor="start" if orient == "top" else "middle",
        labelOrient=orient,
        labelFontWeight="bold" if orient == "top" else "normal",
        labelPadding=2 if orient == "top" else 10,
        title=None,
    )
    order = list(dict.fromkeys(values))
    rows = chart.facet(row=alt.Row(f"{column}:N", sort=order, header=header), spacing=8)
    return _with(rows, resolve=alt.Resolve(scale=alt.ScaleResolveMap(y="independent")))


def common_scale(scale: pd.DataFrame, denominator: int) -> alt.TopLevelMixin:
    """Draw the figures that count districts or centers on one scale, over the days that each can be of.

    `scale`: as `claims.common_scale` gives it, plus `label` and `quote` (what was said).
    """
    step = 10 ** math.floor(math.log10(denominator))
    y = alt.Y(
        "low:Q",
        axis=titled(f"districts or centers held, of {denominator}", values=list(range(0, denominator + 1, step))),
        scale=alt.Scale(domain=[0, denominator * 1.12], nice=False),
    )
    ends = scale["as_of_latest"] + pd.Timedelta(days=1)
    middles = scale["as_of_earliest"] + (ends - scale["as_of_earliest"]) / 2
    first, whole = scale["as_of_earliest"].min(), ends.max() - scale["as_of_earliest"].min()
    x = alt.X("as_of_earliest:T", axis=day_axis(first, ends.max()), scale=alt.Scale(padding=12))
    # A label over an early box starts with it, one over a late box ends with it: so none is cut at the sides.
    third = ((middles - first) / whole * 3).clip(upper=2).fillna(1).astype(int)
    said = [f"{r.label}\n" + "\n".join(textwrap.wrap(r.quote, 26)) for r in scale.itertuples()]
    drawn = scale.assign(end=ends, third=third, said=said)
    drawn["anchor"] = middles.where(third == 1, scale["as_of_earliest"].where(third == 0, ends))
    drawn["rise"] = [-5 - LINE * text.count("\n") for text in said]
    tooltip = [
        alt.Tooltip("label:N", title="Speaker"),
        alt.Tooltip("quote:N", title="Figure"),
        alt.Tooltip("days:N", title="As of"),
        alt.Tooltip("share_low:Q", title="Share, low", format=".0%"),
        alt.Tooltip("share_high:Q", title="Share, high", format=".0%"),
    ]
    base = alt.Chart(drawn)
    box = base.mark_rect(color=BAND, opacity=0.55, stroke=BAND).encode(
        x=x, x2=alt.X2("end:T"), y=y, y2=alt.Y2("high:Q"), tooltip=tooltip
    )
    line = base.mark_rule(color=TALIBAN, strokeWidth=3).encode(
        x=x, x2=alt.X2("end:T"), y=alt.Y("narrow:Q"), tooltip=tooltip
    )
    words = base.encode(x=alt.X("anchor:T"), y=alt.Y("high:Q"), text=alt.Text("said:N"))
    texts = [
        legible(
            words.transform_filter(alt.datum.third == place), align=align, baseline="bottom", dy={"expr": "datum.rise"}
        )
        for place, align in enumerate(("left", "center", "right"))
    ]
    return themed(_with(alt.layer(box, line, *texts), width=WIDTH, height=340))


def belief_ladder(rungs: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw the least number of falls by whom one believes: a bar a rung, which has no upper end.

    `rungs`: believed (in words), least (falls, missing where what is believed cannot all be true), said (what stands
    beside the bar).
    """
    drawn = rungs[["believed", "least", "said"]].assign(least=rungs["least"].fillna(0))
    most = max(float(drawn["least"].max()), 1)
    # Room for what stands beside the longest bar, and more of it on a phone.
    wide, narrow = ({"domain": [0, most * room], "nice": False} for room in (1.35, 1.95))
    nothing = alt.Axis(title=None, labels=False, ticks=False, domain=False, grid=False)
    over = alt.Axis(**OVER, title=None, domain=False, ticks=False, labelColor=INK)
    base = alt.Chart(drawn).encode(
        x=alt.X("least:Q", axis=nothing, scale=alt.Scale(**wide)),
        y=alt.Y("believed:N", sort=None, axis=over),
        tooltip=[alt.Tooltip("believed:N", title="Who is believed"), alt.Tooltip("said:N", title="Falls")],
    )
    bars = base.mark_bar(height=11, color=BAND, yOffset=UNDER)
    # The bar is what is sure; where it ends, more begins.
    ends = base.mark_tick(thickness=3, size=15, opacity=1, color=TALIBAN, yOffset=UNDER)
    words = base.mark_text(align="left", dx=8, dy=UNDER, font=FONT, fontSize=12, color=INK).encode(text="said:N")
    # A height in pixels: Vega-Lite fits a width to the page only beside such a one, and warns otherwise.
    chart = _with(alt.layer(bars, ends, words), width=WIDTH, height=38 * max(len(drawn), 1))
    phone = {"encoding": {"x": {"scale": narrow}}}
    return themed(on_phone(chart, {"layer": [phone, phone, phone]}))


def corridor(course: pd.DataFrame, stocks: pd.DataFrame, denominator: int) -> alt.TopLevelMixin:
    """Draw which numbers held are possible day by day, and the figures that bound them.

    `course`: first, last (days on which the bounds hold), low, high (districts), days. `stocks`: speaker, said, first,
    last (days), low, high (districts), open (bool: no upper end is said).
    """
    day = pd.Timedelta(days=1)
    first, last = pd.Timestamp(course["first"].min()), pd.Timestamp(course["last"].max())  # NaT without a course
    axis = day_axis(first, last)
    top = alt.Scale(domain=[0, denominator], nice=False)
    y = alt.Y("low:Q", axis=titled(f"districts held, of {denominator}", tickCount=5, **WHOLE), scale=top)
    # What holds on the last day holds to its end.
    closed = pd.concat([course, course.tail(1).assign(first=course["last"] + day)], ignore_index=True)
    band = (
        alt.Chart(closed)
        .mark_area(interpolate="step-after", color=BAND, opacity=0.6)
        .encode(
            x=alt.X("first:T", axis=axis),
            y=y,
            y2=alt.Y2("high:Q"),
            tooltip=[
                alt.Tooltip("days:N", title="At the end of"),
                alt.Tooltip("low:Q", title="At least"),
                alt.Tooltip("high:Q", title="At most"),
            ],
        )
    )
    marks = stocks.assign(end=stocks["last"] + day)
    middle = marks["first"] + (marks["end"] - marks["first"]) / 2
    length = (last + day - first) / day if len(course) else 1
    third = ((middle - first) / day / length * 3).clip(0, 2).fillna(1).astype(int)
    anchor = middle.where(third == 1, marks["first"].where(third == 0, marks["end"]))
    named = alt.Chart(marks.assign(third=third, middle=middle, anchor=anchor)).encode(
        tooltip=[
            alt.Tooltip("speaker:N", title="Speaker"),
            alt.Tooltip("said:N", title="Figure"),
        ],
    )
    sides = {"x": alt.X("first:T"), "x2": alt.X2("end:T"), "y": alt.Y("low:Q", scale=top)}
    boxes = named.transform_filter("!datum.open").mark_rect(
        fillOpacity=0, stroke=GOVERNMENT, strokeWidth=2, cornerRadius=1
    ).encode(**sides, y2=alt.Y2("high:Q"))  # fmt: skip
    lines = named.transform_filter("datum.open").mark_rule(color=GOVERNMENT, strokeWidth=3).encode(
        x=alt.X("first:T"), x2=alt.X2("end:T"), y=alt.Y("low:Q", scale=top)
    )  # fmt: skip
    arrows = named.transform_filter("datum.open").mark_point(
        shape="triangle-up", filled=True, opacity=1, size=70, color=GOVERNMENT, yOffset=-6
    ).encode(x=alt.X("middle:T"), y=alt.Y("low:Q", scale=top))  # fmt: skip
    words = named.encode(x=alt.X("anchor:T"), y=alt.Y("low:Q", scale=top), text=alt.Text("said:N"))
    texts = [
        legible(words.transform_filter(alt.datum.third == place), align=align, baseline="top", dy=5)
        for place, align in enumerate(("left", "center", "right"))
    ]
    return themed(_with(alt.layer(band, boxes, lines, arrows, *texts), width=WIDTH, height=300))


def figures_over_time(drawn: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw every figure of the speakers on one time axis, a row a measure.

    `drawn`: group (measure and side, as a row's heading), label (speaker and figure), as_of_earliest,
    as_of_latest, days, quote, speaker.
    """
    data = drawn.assign(end=drawn["as_of_latest"] + pd.Timedelta(days=1))
    tooltip = [
        alt.Tooltip("speaker:N", title="Speaker"),
        alt.Tooltip("group:N", title="Measure"),
        alt.Tooltip("quote:N", title="Figure"),
        alt.Tooltip("days:N", title="As of"),
        alt.Tooltip("source:N", title="Source"),
    ]
    domain = list(dict.fromkeys(data["speaker"]))
    palette = {"Pentagon": "#0b5c8a", "Milley": "#3f8f5b", "Taliban": TALIBAN, "Biden": "#6b4c9a"}
    scale = alt.Scale(domain=domain, range=[palette.get(s, INK) for s in domain])
    over = alt.Axis(**OVER, title=None, domain=False, ticks=False, labelColor=INK)
    axis = day_axis(data["as_of_earliest"].min(), data["end"].max())
    bars = alt.Chart(data).mark_bar(height=9, cornerRadius=3, yOffset=UNDER).encode(
        x=alt.X("as_of_earliest:T", axis=axis), x2=alt.X2("end:T"), y=alt.Y("row:N", sort=None, axis=over),
        color=alt.Color("speaker:N", scale=scale, legend=None), tooltip=tooltip,
    )  # fmt: skip
    rows = _with(bars, width=WIDTH, height=alt.Step(34))
    chart = _rows_by(rows, "group", data["group"], orient="top")
    smaller = {"encoding": {"y": {"axis": {"labelFontSize": 11}}}}
    return themed(on_phone(chart, {"spec": smaller}))


def specification_curve(curve: pd.DataFrame, options: pd.DataFrame, unit: str) -> alt.TopLevelMixin:
    """Draw a headline under combinations of choices, in order of size, and below which of them take which option.

    `curve`: rank, low, point, high, ours (bool). `options`: question, option, first and last (ranks), share (of the
    combinations from first to last that take the option); one panel a question, in the order of the table.
    """
    # The labels of the options need a good part of the width.
    width, end = WIDTH - 175, int(options["last"].max() if len(options) else curve["rank"].max())
    scale = alt.Scale(domain=[0, end], nice=False, zero=False)
    nothing = alt.Axis(labels=False, ticks=False, domain=False, grid=False, title=None)
    x = alt.X("rank:Q", scale=scale, axis=nothing)
    tooltip = [
        alt.Tooltip("rank:Q", title="Place", format=",d"),
        alt.Tooltip("low:Q", title="Low", format=".2f"),
        alt.Tooltip("point:Q", title="Point", format=".2f"),
        alt.Tooltip("high:Q", title="High", format=".2f"),
    ]
    base = alt.Chart(curve).encode(x=x)
    colour = _either(alt.ColorValue, alt.datum.ours, INK, BAND)
    spans = base.mark_rule(strokeWidth=2.5).encode(
        y=alt.Y("low:Q", axis=titled(unit)), y2=alt.Y2("high:Q"), color=colour, tooltip=tooltip
    )
    points = base.mark_point(filled=True, opacity=1, size=14, color=TALIBAN).encode(y=alt.Y("point:Q"), tooltip=tooltip)
    ours = base.transform_filter("datum.ours")
    dot = ours.mark_point(filled=True, opacity=1, size=80, color=INK).encode(y=alt.Y("point:Q"), tooltip=tooltip)
    lead = ours.mark_rule(color=INK, strokeDash=[2, 2]).encode(y=alt.YValue(0), y2=alt.Y2Value(200))
    left = len(curve[curve["ours"]]) and curve.loc[curve["ours"], "rank"].iat[0] > end / 2
    word = ours.mark_text(
        font=FONT, fontSize=12, color=INK, align="right" if left else "left", dx=-5 if left else 5
    ).encode(y=alt.YValue(193), text=alt.TextValue("the report’s choices"))
    panels: list[alt.TopLevelMixin] = [_with(alt.layer(spans, points, lead, dot, word), width=width, height=200)]
    # Neighbours overlap by a hair: where they only touch, the page shines through.
    seam = 0.3 * (options["last"] - options["first"])
    options = options.assign(until=(options["last"] + seam).clip(upper=end).round(1))
    drawn = ["option", "first", "last", "until", "share"]  # a page holds all that a chart is given
    title = {"anchor": "start", "frame": "bounds", "offset": 3, "font": FONT, "fontSize": 12, "color": INK}
    title["fontWeight"] = "normal"
    for question, part in options.groupby("question", sort=False):
        place = alt.Axis(title="combinations of choices, by size", format=",d", grid=False, tickCount=5)
        last = question == options["question"].iat[-1]
        panels.append(
            alt.Chart(part[drawn], title=alt.TitleParams(textwrap.wrap(question, 48), **title))
            .mark_bar(height=13)
            .encode(
                x=alt.X("first:Q", scale=scale, axis=place if last else nothing),
                x2=alt.X2("until:Q"),
                y=alt.Y("option:N", sort=None, scale=alt.Scale(paddingInner=0.12), axis=alt.Axis(
                    title=None, labelLimit=165, minExtent=170, maxExtent=170, domain=False, ticks=False,
                    labelFontSize=12)),
                color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=["#f1f3f4", GOVERNMENT]), legend=None),
                tooltip=[
                    alt.Tooltip("option:N", title="Option"),
                    alt.Tooltip("first:Q", title="From place", format=",d"),
                    alt.Tooltip("last:Q", title="to", format=",d"),
                    alt.Tooltip("share:Q", title="Share that takes it", format=".0%"),
                ],
            )
            .properties(width=width, height=alt.Step(15))
        )  # fmt: skip
    independent = alt.Resolve(scale=alt.ScaleResolveMap(color="independent"))
    chart = _with(alt.vconcat(*panels, spacing=10), resolve=independent)
    strips = {
        "height": {"step": 32},
        "mark": {"yOffset": UNDER},
        "encoding": {"y": {"axis": {**OVER, "minExtent": 0, "maxExtent": 0}}},
    }
    asked = options["question"].drop_duplicates()
    narrow = [{**strips, "title": {"text": textwrap.wrap(question, 36)}} for question in asked]
    return themed(on_phone(chart, {"vconcat": [{}, *narrow]}))
