"""Names and numbers of people: each row sealed under a key of its own, found by a keyed pseudonym, for linkage alone.

Two tables are kept of them: what is sealed, and the keys, wrapped under the return's. A person's row opens only with
her key; without it what is left says nothing.
"""

from __future__ import annotations

import json

import ibis.expr.types as ir
import pyarrow as pa

from onrecord.engine import Engine, arrow_table
from onrecord.standard.records import IDENTITY
from onrecord.store.sealing import new_key, pseudonym, unwrapped, wrapped
from onrecord.store.vault import PSEUDONYMS, Vault

IDENTITIES, IDENTITY_KEYS = "identities", "identity_keys"
PERSON = "person_id"


def sealed_identities(
    engine: Engine, identity: ir.Table, vault: Vault, return_key: bytes, sender: str
) -> dict[str, ir.Table]:
    """The rows of the record ``identity`` as two tables: person (pseudonym) and sealed row; person and wrapped key.

    Args:
        engine: the engine that the rows are in.
        identity: the rows.
        vault: of the store, which must be sealed.
        return_key: the key of the return.
        sender: whose identifiers they are.
    """
    people, sealed, keys = [], [], []
    for row in engine.to_pyarrow(identity.select(*IDENTITY.columns)).to_pylist():
        person, key = pseudonym(str(row[PERSON]), sender, vault.keys[PSEUDONYMS]), new_key()
        people.append(person)
        sealed.append(wrapped(json.dumps(row, default=str, sort_keys=True).encode(), key, person))
        keys.append(wrapped(key, return_key, person))
    return {
        IDENTITIES: arrow_table(
            pa.table({"person": pa.array(people, pa.string()), "sealed": pa.array(sealed, pa.binary())})
        ),
        IDENTITY_KEYS: arrow_table(
            pa.table({"person": pa.array(people, pa.string()), "key": pa.array(keys, pa.binary())})
        ),
    }


def _table(person: list[str], **sealed: list[bytes]) -> ir.Table:
    columns = {name: pa.array(values, pa.binary()) for name, values in sealed.items()}
    return arrow_table(pa.table({"person": pa.array(person, pa.string()), **columns}))


def opened_identities(engine: Engine, sealed: ir.Table, keys: ir.Table, return_key: bytes) -> ir.Table:
    """The rows of the record again. Raises DoesNotOpen where a row or a key was altered."""
    both = sealed.inner_join(keys, "person").select("person", "sealed", "key")
    rows = []
    for row in engine.to_pyarrow(both).to_pylist():
        key = unwrapped(row["key"], return_key, row["person"])
        rows.append(json.loads(unwrapped(row["sealed"], key, row["person"])))
    texts = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in IDENTITY.columns}
    table = arrow_table(pa.table(texts))
    return table.select(**{name: table[name].cast(kind) for name, kind in IDENTITY.types.items()})
