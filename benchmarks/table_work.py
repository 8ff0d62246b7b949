"""The work on the event table, three times: as districtloss does it, in polars, in duckdb. One a process.

    python benchmarks/table_work.py LIBRARY FOLDER

Prints JSON: seconds of processor time and of the clock for reading with validation and for the counting, the peak
memory in MB, and the counts, which must be the same in all three. The others hold the table to its types,
vocabularies, keys and order of dates, and say only whether it is right; districtloss says what is wrong, where.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

START = "2020-02-01"
TYPES = ("capture", "recapture", "claimed_capture", "claimed_recapture", "implied_capture")
HEARD = ("confirmed_by_official", "reported_by_media", "witnesses")


def ours(folder: Path) -> Any:
    from districtloss import parameters
    from districtloss.estimates import rates, timelines
    from districtloss.estimates.study import Study
    from districtloss.tables import reading

    values = parameters.parse({"start": START})
    yield
    read = reading.read_tables(folder)
    yield
    study = Study.of(read, values)
    lost = study.losses_in_window()
    changes = timelines.named_twice(study.reports, study.parameters.attribution)
    running = study.cumulative()
    provinces = rates.by_province(lost, study.days, values.confidence)
    gross, net = study.gross(), study.net()
    yield [len(changes), len(running), len(provinces), gross.low, gross.point, gross.high, net.low, net.point, net.high]


def in_polars(folder: Path) -> Any:
    import polars as pl

    from districtloss.tables.schema import load

    rules = load().tables["events"].columns
    yield
    events = pl.read_csv(folder / "events.csv", infer_schema=False).fill_null("")
    places, sources = (pl.read_csv(folder / f"{n}.csv", infer_schema=False) for n in ("places", "sources"))
    right = [
        events["event_id"].is_unique().all(),
        events["event_id"].str.contains("^E[0-9]{3,}$").all(),
        events["incident_id"].str.contains("^I[0-9]{3,}$").all(),
        events["place_id"].is_in(places["place_id"].implode()).all(),
        events["source_id"].is_in(sources["source_id"].implode()).all(),
        *(events[c].is_in(["", *r.terms]).all() for c, r in rules.items() if r.terms),
        *((events[c].str.len_chars() <= r.max_length).all() for c, r in rules.items() if r.max_length),
    ]
    day = pl.col("date_earliest", "date_latest").str.to_date("%Y-%m-%d")
    events = events.with_columns(day, pl.col("paragraph").cast(pl.Int64))
    published = sources.select("source_id", pl.col("published").str.to_date("%Y-%m-%d"))
    told = events.join(published, on="source_id", how="left")
    right += [
        (told["date_earliest"] <= told["date_latest"]).all(),
        (told["date_latest"] <= told["published"]).all(),
        events.group_by("incident_id").agg(pl.col("place_id").n_unique())["place_id"].max() == 1,
    ]
    assert all(right)
    yield
    end = published["published"].max()
    start = pl.lit(START).str.to_date()
    reports = events.filter(pl.col("event_type").is_in(TYPES)).join(places, on="place_id")
    reports = reports.filter(pl.col("kind") == "district")
    changes = reports.filter(pl.len().over("place_id") > 1).sort("province_id", "name", "date_latest", "date_earliest")

    def placed(kind: str) -> pl.DataFrame:
        first, last = pl.col("first"), pl.col("last")
        agree = pl.col("b") <= pl.col("c")
        return (
            reports.filter((pl.col("event_type") == kind) & pl.col("attribution").is_in(HEARD))
            .group_by("incident_id")
            .agg(
                pl.col("place_id").first(), pl.col("province_id").first(), pl.col("event_id").str.join("|"),
                (pl.col("disputed_by") != "").any(),
                a=pl.col("date_earliest").min(), b=pl.col("date_earliest").max(),
                c=pl.col("date_latest").min(), d=pl.col("date_latest").max(),
            )
            .with_columns(
                first=pl.when(agree).then("b").otherwise("a"), last=pl.when(agree).then("c").otherwise("d")
            )
            .with_columns(point=first + ((last - first).dt.total_days() // 2) * pl.duration(days=1))
            .with_columns(
                certain=(first >= start) & (last <= end), counted=(pl.col("point") >= start) & (pl.col("point") <= end)
            )
            .filter((first <= end) & (last >= start))
        )  # fmt: skip

    lost, won = placed("capture"), placed("recapture")
    after = won.group_by("place_id").agg(
        l=pl.col("last").max(), f=pl.col("first").filter("certain").max(), p=pl.col("point").filter("counted").max()
    )
    held = lost.join(after, on="place_id", how="left")
    low = held.filter(pl.col("certain") & ~(pl.col("l") >= pl.col("first")).fill_null(False))
    point = held.filter(pl.col("counted") & ~(pl.col("p") >= pl.col("point")).fill_null(False))
    high = held.filter(~(pl.col("f") >= pl.col("last")).fill_null(False))
    days = pl.DataFrame({"date": pl.date_range(_start(), end, eager=True)})
    running = days
    for name, dates in (
        ("low", lost.filter("certain")["last"]), ("point", lost.filter("counted")["point"]), ("high", lost["first"]),
    ):  # fmt: skip
        count = dates.sort().search_sorted(days["date"], side="right")
        running = running.with_columns(pl.Series(name, count))
    provinces = lost.group_by("province_id").agg(pl.len(), pl.col("certain").sum(), pl.col("counted").sum())
    gross = (lost["certain"].sum(), lost["counted"].sum(), lost.height)
    net = (part["place_id"].n_unique() for part in (low, point, high))
    yield [changes.height, running.height, provinces.height, *gross, *net]


def _start() -> Any:
    import datetime

    return datetime.date.fromisoformat(START)


def in_duckdb(folder: Path) -> Any:
    import duckdb

    from districtloss.tables.schema import load

    rules = load().tables["events"].columns
    db = duckdb.connect()
    yield
    for name in ("events", "places", "sources"):
        db.sql(f"create table {name}_text as from read_csv('{folder}/{name}.csv', all_varchar=true, nullstr='\x01')")
    words = " and ".join(
        f"bool_and({c} in ('', {', '.join(repr(t) for t in r.terms)}))" for c, r in rules.items() if r.terms
    )
    lengths = " and ".join(
        f"coalesce(max(length({c})) <= {r.max_length}, true)" for c, r in rules.items() if r.max_length
    )
    right = db.sql(
        f"""select count(distinct event_id) = count(*) and bool_and(regexp_full_match(event_id, 'E[0-9]{{3,}}'))
        and bool_and(regexp_full_match(incident_id, 'I[0-9]{{3,}}')) and {words} and {lengths}
        and bool_and(place_id in (select place_id from places_text))
        and bool_and(source_id in (select source_id from sources_text)) from events_text"""
    ).fetchall()[0]
    db.sql(
        """create table events as select * replace (date_earliest::date as date_earliest,
        date_latest::date as date_latest, paragraph::int as paragraph) from events_text"""
    )
    ordered = db.sql(
        """select bool_and(date_earliest <= date_latest) and bool_and(date_latest <= published::date)
        from events join sources_text using (source_id)"""
    ).fetchall()[0]
    one_place = db.sql(
        "select max(n) = 1 from (select count(distinct place_id) n from events group by incident_id)"
    ).fetchall()[0]
    assert right[0] and ordered[0] and one_place[0]
    yield
    db.sql(
        "create table span as select date '" + START + "' as start, max(published::date) as finish from sources_text"
    )
    db.sql(
        f"""create table reports as select e.*, p.name, p.province_id from events e join places_text p using (place_id)
        where p.kind = 'district' and event_type in {TYPES}"""
    )
    db.sql(
        """create table changes as select * from reports qualify count(*) over (partition by place_id) > 1
        order by province_id, name, date_latest, date_earliest, event_id"""
    )
    for kind, table in (("capture", "lost"), ("recapture", "won")):
        db.sql(
            f"""create table {table} as with told as (select incident_id, first(place_id) place_id,
            first(province_id) province_id, string_agg(event_id, '|') events, max(disputed_by) <> '' disputed,
            min(date_earliest) a, max(date_earliest) b, min(date_latest) c, max(date_latest) d from reports
            where event_type = '{kind}' and attribution in {HEARD} group by incident_id),
            spans as (select *, case when b <= c then b else a end as first,
            case when b <= c then c else d end as last from told),
            points as (select *, first + ((last - first) // 2)::int as point from spans)
            select points.*, first >= start and last <= finish as certain,
            point >= start and point <= finish as counted from points, span where first <= finish and last >= start"""
        )
    running = db.sql(
        """with days as (select unnest(generate_series(start, finish, interval 1 day))::date as date from span),
        steps as (select last as date, 1 l, 0 p, 0 h from lost where certain union all
        select point, 0, 1, 0 from lost where counted union all
        select greatest(first, start), 0, 0, 1 from lost, span),
        daily as (select date, sum(l) l, sum(p) p, sum(h) h from steps group by date)
        select date, sum(l) over (order by date), sum(p) over (order by date), sum(h) over (order by date)
        from days left join daily using (date) order by date"""
    ).fetchall()
    provinces = db.sql(
        "select province_id, count(*), sum(certain::int), sum(counted::int) from lost group by province_id"
    ).fetchall()
    gross = db.sql("select sum(certain::int), sum(counted::int), count(*) from lost").fetchall()[0]
    net = db.sql(
        """with later as (select place_id, max(last) l, max(first) filter (certain) f, max(point) filter (counted) p
        from won group by place_id), held as (select lost.*, l, f, p from lost left join later using (place_id))
        select count(distinct place_id) filter (certain and not coalesce(l >= first, false)),
        count(distinct place_id) filter (counted and not coalesce(p >= point, false)),
        count(distinct place_id) filter (not coalesce(f >= last, false)) from held"""
    ).fetchall()[0]
    changes = db.sql("select count(*) from changes").fetchall()[0]
    yield [*changes, len(running), len(provinces), *map(int, gross), *net]


def peak() -> int:
    """The most memory that this process held, in MB; what getrusage says can be that of the process it came from."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measured(library: str, folder: Path) -> dict[str, Any]:
    steps = {"districtloss": ours, "polars": in_polars, "duckdb": in_duckdb}[library](folder)
    next(steps)  # what is imported is not counted
    before = time.process_time(), time.perf_counter()
    next(steps)
    between = time.process_time(), time.perf_counter()
    counts = next(steps)
    after = time.process_time(), time.perf_counter()
    return {
        "read": {"cpu": between[0] - before[0], "wall": between[1] - before[1]},
        "count": {"cpu": after[0] - between[0], "wall": after[1] - between[1]},
        "memory": peak(),
        "counts": [int(n) for n in counts],
    }


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]))))
