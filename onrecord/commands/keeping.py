"""Commands for who keeps a store: what counts no longer, who may use it, where figures come from, is it whole."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from onrecord.commands.printing import BY, FORM, JSON, STORE, print_table, telling
from onrecord.errors import StoreRefused, WrongWords

RETURN = click.argument("return_id", metavar="RETURN")
OUT = click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder to write to.")
HASH_SHOWN = 12


@click.command()
@STORE
@RETURN
@BY
@click.option(
    "--reason",
    required=True,
    metavar="WHY",
    help="'sent by mistake', 'wrong throughout', 'no agreement' or 'test'.",
)
def withdraw(store: Path, return_id: str, by: str, reason: str) -> None:
    """Withdraw RETURN: it counts no longer. It stays in STORE, and what was known before stays as it was."""
    from onrecord import actions

    entry = actions.withdraw(store, return_id, by, reason)
    click.echo(f"{entry.id} of {entry.sender}, {entry.period}, is withdrawn ({entry.ended_why}). It counts no longer.")


@click.command()
@STORE
@click.option("--return", "return_id", metavar="RETURN", help="A whole return.")
@click.option("--person", metavar="ID", help="One person, by the identifier that the sender's returns have.")
@click.option("--from", "sender", metavar="WHO", help="Whose identifier it is, with --person.")
@BY
@click.option("--second", required=True, metavar="WHO", help="The second person who does it: somebody else.")
@click.option("--authority", required=True, metavar="REF", help="What it is asked for under: a request, an order.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
def erase(
    store: Path,
    return_id: str | None,
    person: str | None,
    sender: str | None,
    by: str,
    second: str,
    authority: str,
    yes: bool,
) -> None:
    """Erase a whole return, or one person, for good. Keys are destroyed: no backup of the records opens them again,
    as long as no older copy of the catalogue is kept with its keys.
    """
    from onrecord import actions

    if (return_id is None) == (person is None) or (person is None) != (sender is None):
        raise WrongWords("Say --return RETURN, or --person ID with --from WHO: one of the two.")
    what = return_id or f"one person of {sender}"
    if not yes:
        click.confirm(f"Erase {what} from {store}? It cannot be undone.", abort=True, err=True)
    if return_id is not None:
        done = actions.erase_return(store, return_id, by, second, authority)
        click.echo(
            f"{done.id}: {return_id} is erased. Its counts stay in the catalogue; nothing of its records is left."
        )
        return
    assert person is not None
    assert sender is not None
    done = actions.erase_person(store, sender, person, by, second, authority)
    rows = ", ".join(f"{count:,} {name}" for name, count in sorted(done.rows.items()))
    click.echo(
        f"{done.id}: erased from {', '.join(sorted(done.returns))}: {rows} (rows). Reports that went with them: "
        f"{done.reports:,}. Figures made before cannot be made again: 'onrecord lineage {store}' says which."
    )


@click.command()
@STORE
@click.option("--add", "reference", metavar="REF", help="Write down this agreement, by the name that returns give it.")
@click.option("--party", "parties", multiple=True, metavar="WHO", help="Who made it. Repeat it for each.")
@click.option(
    "--purpose", "purposes", multiple=True, help="What it allows: count, link, publish, act. Repeat it for each."
)
@click.option("--first", metavar="DAY", help="Its first day.")
@click.option("--end", default="", metavar="DAY", help="Its last day. Default: none.")
@click.option("--review", metavar="DAY", help="The day by which it is to be looked at again.")
@click.option("--by", metavar="WHO", help="Who writes it down. Names are declared, not proven.")
@FORM
def agreements(
    store: Path,
    reference: str | None,
    parties: Sequence[str],
    purposes: Sequence[str],
    first: str | None,
    end: str,
    review: str | None,
    by: str | None,
    form: str,
) -> None:
    """List the sharing agreements of STORE, what needs looking at first; or write one down."""
    from onrecord import actions

    if reference is not None:
        if first is None or review is None or by is None:
            raise WrongWords("--add needs --first, --review and --by, and --party and --purpose once for each.")
        said = actions.agree(store, reference, parties, purposes, first, review, by, end)
        click.echo(
            f"{said.reference} holds from {said.first}{f' to {said.last}' if said.last else ''}: "
            f"{', '.join(said.purposes)}. To be looked at again by {said.review}."
        )
        return
    found = actions.agreements(store)
    if form == JSON:
        click.echo(json.dumps(found, indent=1))
    elif not found:
        click.echo("No agreement is written down. Published data need none; other returns are not counted without one.")
    else:
        head = list(found[0])
        body = [[_in_a_cell(row[name]) for name in head] for row in found]
        print_table("Sharing agreements", head, body, "")


def _in_a_cell(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(str(_in_a_cell(each)) for each in value) if isinstance(value, list) else value


@click.command()
@STORE
@click.argument("made_id", required=False, metavar="[MADE]")
@FORM
def lineage(store: Path, made_id: str | None, form: str) -> None:
    """List all that was made from STORE, and from what; or make MADE (M0001) again and compare the bytes."""
    from onrecord import actions

    if made_id is not None:
        same, said = actions.made_again(store, made_id)
        click.echo(said)
        if not same:
            sys.exit(StoreRefused.exit_code)
        return
    found = actions.lineage(store)
    if form == JSON:
        click.echo(json.dumps(found, indent=1))
        return
    head = ["id", "what", "asked", "known at", "made from", "with", "SHA-256", "by", "again today"]
    body = [
        [
            row["id"],
            row["what"],
            ", ".join(f"{name} {_in_a_cell(value)}" for name, value in row["asked"].items() if value),
            row["known_at"],
            ", ".join(f"{name}/{generation}" for name, generation in row["inputs"].items()),
            f"onrecord {row['code_version']}, standard {row['standard_version']}",
            row["digest"][:HASH_SHOWN],
            row["by"],
            row["again"],
        ]
        for row in found
    ]
    print_table("Made from this store", head, body, "made from: return / generation of it")


@click.command()
@STORE
@click.option("--verify", is_flag=True, help="Look whether a row was edited, taken out or moved.")
@click.option("--expect", metavar="HEAD", help="With --verify: a head noted before, which must still be in it.")
@FORM
def trail(store: Path, verify: bool, expect: str | None, form: str) -> None:
    """Show who did and saw what in STORE; with --verify, whether the trail is whole."""
    from onrecord import actions

    if verify or expect:
        faults, head = actions.verify_trail(store, expect)
        for fault in faults:
            click.echo(fault)
        click.echo(f"{'The trail is NOT whole.' if faults else 'The trail is whole.'} Its head: {head}")
        if faults:
            sys.exit(StoreRefused.exit_code)
        return
    rows = actions.trail(store)
    if form == JSON:
        click.echo(json.dumps(rows, indent=1))
        return
    head_row = ["number", "at", "who", "what", "which", "purpose", "detail"]
    print_table("The trail", head_row, [[row[name] for name in head_row] for row in rows], "")


@click.command()
@STORE
@RETURN
@click.argument("what", type=click.Choice(["originals", "held", "findings", "identity"]))
@click.option(
    "--purpose", required=True, metavar="WHY", help="What for: mend, subject access, inspection, legal duty, …"
)
@BY
@OUT
def unseal(store: Path, return_id: str, what: str, purpose: str, by: str, out: Path) -> None:
    """Write sealed records of RETURN to a folder, in the clear, for those who may see them. The trail says so first."""
    from onrecord import actions

    for path in actions.unseal(store, return_id, what, purpose, by, out):
        click.echo(path)
    click.echo(f"{out} now holds records in the clear. Remove it when it has served.", err=True)


@click.command()
@STORE
@BY
@FORM
def recheck(store: Path, by: str, form: str) -> None:
    """Judge again, by the rules of today, every return that other rules judged. What was accepted stays as it is."""
    from onrecord import actions

    with telling() as tell:
        rows = actions.recheck(store, by, tell=tell)
    if form == JSON:
        click.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        click.echo("Every return was judged by the rules of today.")
        return
    for row in rows:
        changes = [f"{code}: {row['before'][code]:,} then, {now:,} now" for code, now in row["found"].items()]
        told = row["why"] or "; ".join(changes) or "the rules find what they found then"
        click.echo(f"{row['id']} ({row['sender']}, {row['period']}): {row['verdict']}. {told}.")


@click.command()
@STORE
def doctor(store: Path) -> None:
    """Look whether STORE is whole: every hash, every key, the trail, and what lies there and should not."""
    from onrecord import actions

    with telling() as tell:
        looked, faults = actions.doctor(store, tell=tell)
    click.echo("\n".join(looked))
    for fault in faults:
        click.echo(fault)
    if faults:
        click.echo(f"{len(faults):,} {'fault' if len(faults) == 1 else 'faults'} found. Nothing was changed.")
        sys.exit(StoreRefused.exit_code)
    click.echo("The store is whole.")


@click.command()
@STORE
@OUT
@BY
def backup(store: Path, out: Path, by: str) -> None:
    """Copy STORE to a new folder, and look whether the copy is whole. The keys are not in it: keep them apart."""
    from onrecord import actions

    with telling() as tell:
        looked = actions.backup(store, out, by, tell=tell)
    click.echo("\n".join(looked))
    click.echo(
        f"The copy is whole: {out}. To restore it, copy it to where the store is to be and run 'onrecord doctor'."
    )


@click.group()
def keys() -> None:
    """Make the key file that opens sealed stores, or move a store to a newer key."""


@keys.command("new")
@click.argument("path", type=click.Path(path_type=Path), metavar="KEYFILE")
@click.option("--add", is_flag=True, help="Add a key to a key file that is there. It becomes the current one.")
def new_keys(path: Path, add: bool) -> None:
    """Make KEYFILE. Whoever has it can open the stores sealed under it; without it nobody can, ever."""
    from onrecord import actions

    mark = actions.new_keys(path, add)
    click.echo(f"{path}: key {mark} {'added' if add else 'made'}. Keep a copy somewhere safe, apart from the stores.")
    click.echo(f"Next: export ONRECORD_KEY_FILE={path}" + (", then 'onrecord keys rotate STORE'" if add else ""))


@keys.command("rotate")
@STORE
@BY
def rotate(store: Path, by: str) -> None:
    """Move STORE to the current key of the key file. No record is touched; older keys are then not needed for it."""
    from onrecord import actions

    moved, mark = actions.rotate_keys(store, by)
    click.echo(f"{moved:,} keys of {store} now lie under the key {mark}.")


KEEPING = (withdraw, erase, agreements, lineage, trail, unseal, recheck, doctor, backup, keys)
