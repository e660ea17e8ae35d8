"""The site: the store's ledgers after disclosure control. Nothing uncontrolled passes from here to ``publish``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from onrecord import __version__
from onrecord.actions.counting import Ledgers, ledger
from onrecord.actions.opening import Asked, cut_of, followed, history_of, look_at, what_is_known
from onrecord.actions.words import Tell, tell_nobody
from onrecord.disclosure.policy import Policy, policy_named
from onrecord.disclosure.safe import protect, protect_bands
from onrecord.engine import open_engine
from onrecord.errors import NotSafe
from onrecord.figures import Figures
from onrecord.measures.coverage import Nation, in_words
from onrecord.measures.effect import FOLLOWED
from onrecord.measures.ledger import REASON_PREFIX
from onrecord.measures.time_to_outcome import NOT_SETTLED, SETTLED, time_to_outcome
from onrecord.measures.timeliness import NAME as TIMELINESS
from onrecord.publish.site import RecordTable, TimeTable, write_site
from onrecord.settings import Settings, from_environment
from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.store.agreements import PUBLISH, permitted
from onrecord.store.catalogue import Made, Return
from onrecord.store.returns import Store

# How many they are is not said: that count would need protecting with the table.
SENT_ON = (
    "Some of these reports came from another agency. Where that agency is here as well, such a report stands in the "
    "rows of both, in that of the first as transferred, and a sum over agencies counts it twice."
)


def publish(store: Path, out: Path, settings: Settings | None = None, tell: Tell = tell_nobody) -> list[Path]:
    """Write the site: published figures, and the store's ledgers after disclosure control.

    Args:
        store: the store's folder.
        out: the site's folder; missing, empty, or a site made before.
        settings: the choices of this run.
        tell: told of each step.

    Returns:
        The files written, the front page first.

    Raises:
        StoreRefused: there is no store.
        NotSafe: a table cannot be protected; nothing was written.
        WrongWords: ``out`` holds something else.
    """
    settings = settings or from_environment()
    opened = Store.open(store, settings)
    entries = opened.accepted()
    permitted(entries, opened.rows_of("agreements"), PUBLISH, settings.now.date())
    # The figures are as known when the last return was accepted, or the calendar last changed: the same returns and
    # the same calendar make the same bytes.
    moments = [*(entry.accepted_at or "" for entry in entries), *(each.at for each in opened.rows_of("expected"))]
    known = max(moments, default="")
    asked = Asked(by="agency", known_at=datetime.fromisoformat(known) if known else None)
    made = ledger(store, asked, settings, tell, purpose=PUBLISH)
    tell("Protecting small counts")
    policy = policy_named()
    tables = [
        _record_table(figures, nation, entries, policy)
        for figures in made.figures
        for nation in made.covered
        if nation.name in {row["nation"] for row in figures.rows()}
    ]
    tell("Writing the site")
    times = _times(store, [table for table in tables if table.ends_at_arrest], asked, settings, policy)
    written = write_site(tables, policy, out, times)
    _written_down(opened, made, policy, written, out, settings)
    return written


def _times(
    folder: Path, tables: Sequence[RecordTable], asked: Asked, settings: Settings, policy: Policy
) -> list[TimeTable]:
    """The times to outcome of the places whose source ends at arrest, each protected beside its ledger."""
    return [_time_table(_time_figures(folder, table, asked, settings), table, policy) for table in tables]


def _time_figures(folder: Path, table: RecordTable, asked: Asked, settings: Settings) -> Figures:
    place = str(table.whole["nation"])
    look = look_at(folder, TIMELINESS, replace(asked, by="nation", place=place), settings, PUBLISH)
    with open_engine(look.settings) as engine:
        for _, rows in followed(engine, look, what_is_known(engine, look), FOLLOWED):
            if rows is not None:
                history = history_of(rows, look)
                return time_to_outcome(history, cut_of(rows, look), look.settings.window_days)
    raise NotSafe(f"{place}: it has a ledger and no report to follow.")


def _time_table(figures: Figures, table: RecordTable, policy: Policy) -> TimeTable:
    """Protected where it can be; the totals of what is settled and what is not are those that the ledger shows."""
    about = replace(figures.about, notes=(*figures.about.notes, *table.notes), sources=table.figures.about.sources)
    open_now = table.whole["unaccounted"] + (table.whole.get("live") or 0)
    beside = [table.whole["received"] - open_now, open_now]
    try:
        safe = protect_bands(replace(figures, about=about), policy, [list(SETTLED), list(NOT_SETTLED)], beside)
    except NotSafe as refused:
        return TimeTable(table.name, table.slug, table.unit, None, str(refused))
    return TimeTable(table.name, table.slug, table.unit, safe)


def _written_down(
    store: Store, made: Ledgers, policy: Policy, written: Sequence[Path], out: Path, settings: Settings
) -> None:
    """The lineage of a site: what it was made from, and the SHA-256 over its files and their names."""
    digest = hashlib.sha256()
    for path in sorted(written):
        digest.update(f"{path.relative_to(out).as_posix()}\0".encode() + path.read_bytes())
    kept = Made(
        number=0,
        what="site",
        asked=made.asked.as_words(),
        known_at=made.known_at,
        inputs=made.inputs,
        settings={"window_days": made.window_days, "policy": policy.name},
        code_version=__version__,
        standard_version=STANDARD_VERSION,
        seed=None,
        digest=digest.hexdigest(),
        by=settings.who,
        at=settings.now.isoformat(timespec="seconds"),
    )
    act = store.act("published", purpose=PUBLISH, inputs=made.inputs, digest=kept.digest)
    with store.changing(act) as (now, _):
        now.add("made", kept)


def _record_table(figures: Figures, nation: Nation, entries: Sequence[Return], policy: Policy) -> RecordTable:
    chosen = figures.where(nation=nation.name)
    behind = [entry for entry in entries if entry.number in nation.return_nos]
    senders = tuple(dict.fromkeys(f"{entry.sender}, {entry.period}, read as {entry.adapter}" for entry in behind))
    notes = (*nation.notes, *([SENT_ON] if any(row["transferred_in"] for row in chosen.rows()) else []))
    chosen = replace(chosen, about=replace(chosen.about, notes=notes, sources=senders))
    labels = {
        "nation": nation.name,
        "agency": nation.name,
        **in_words((*nation.agencies, *nation.absent), nation.as_at),
    }
    safe = protect(chosen, policy, "nation", labels)
    ends_at_arrest = all(entry.adapter == "nibrs" for entry in behind)
    word = behind[0].counted_row if ends_at_arrest else figures.about.unit
    forces = f"{len(nation.agencies)} police {'force' if len(nation.agencies) == 1 else 'forces'}"
    return RecordTable(
        name=nation.name if ends_at_arrest else f"{nation.name}, {forces}",
        slug=_slug(nation.name),
        row_word="agency" if ends_at_arrest else "police force",
        unit=(word, f"{word}s"),
        figures=safe,
        reasons=_reasons(chosen),
        without=len(nation.agencies) - len(chosen.rows()),
        notes=notes,
        ends_at_arrest=ends_at_arrest,
    )


def _reasons(figures: Figures) -> tuple[str, ...]:
    """The reasons that occur. How often each does is not said: their counts would need protecting with the table."""
    occurring = {name for row in figures.rows() for name in figures.memo if row[name]}
    return tuple(label for key, label in codelists.reasons() if f"{REASON_PREFIX}{key}" in occurring)


def _slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.casefold()).split())
