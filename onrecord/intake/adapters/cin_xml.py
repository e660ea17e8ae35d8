"""The walk through the XML of a Children in Need census: elements become rows of text, a child at a time.

Nothing is judged here and nothing is left out unseen: what the layout does not know is counted. The file is read
as it streams by, no entity is expanded, nothing is fetched, and a child is forgotten once its rows are made.

Layout: Department for Education, CIN census XML schemas of 2022 and 2024, with a namespace or without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pyarrow as pa
from lxml import etree

from onrecord.errors import FileRefused
from onrecord.intake.read import SAFE, Source, Unpacked
from onrecord.settings import Settings

ROOT, HEADER, CHILDREN, CHILD, EPISODE = "Message", "Header", "Children", "Child", "CINdetails"
COLLECTION = "CIN"
MODULES = {
    "Assessments": "assessment",
    "Section47": "enquiry",
    "CINPlanDates": "need_plan",
    "ChildProtectionPlans": "protection_plan",
}
CONFERENCE, REFERRAL, NO_EPISODE = "conference", "referral", "child"
OF_CHILD = {
    "LAchildID": "la_child_id",
    "PersonBirthDate": "birth_date",
    "Sex": "sex",
    "GenderCurrent": "gender",
    "Ethnicity": "ethnicity",
    "Disability": "disability",
}
OF_EPISODE = {
    "CINreferralDate": "referral_date",
    "ReferralSource": "referral_source",
    "PrimaryNeedCode": "primary_need",
    "CINclosureDate": "closed_date",
    "ReasonForClosure": "closed_reason",
    "ReferralNFA": "no_further_action",
    "DateOfInitialCPC": "conference",
}
OF_MODULE = {
    "Assessments": {
        "AssessmentActualStartDate": "start",
        "AssessmentAuthorisationDate": "end",
        "AssessmentFactors": "factors",
    },
    "Section47": {
        "S47ActualStartDate": "start",
        "InitialCPCtarget": "target",
        "DateOfInitialCPC": "conference",
        "ICPCnotRequired": "not_required",
    },
    "CINPlanDates": {"CINPlanStartDate": "start", "CINPlanEndDate": "end"},
    "ChildProtectionPlans": {
        "CPPstartDate": "start",
        "CPPendDate": "end",
        "InitialCategoryOfAbuse": "first_category",
        "LatestCategoryOfAbuse": "latest_category",
        "NumberOfPreviousCPP": "earlier",
    },
}
PARTS_OF_CHILD = {EPISODE: OF_EPISODE}
MANY = frozenset({"disability", "factors"})
WRAPPERS = frozenset(
    {"ChildIdentifiers", "ChildCharacteristics", "Disabilities", "FactorsIdentifiedAtAssessment", "Reviews"}
)
# Items of the census that the standard has no field for, or keeps in the sealed record of identity alone.
LEFT_IN_FILE = (
    "UPN",
    "FormerUPN",
    "UPNunknown",
    "ExpectedPersonBirthDate",
    "PersonDeathDate",
    "AssessmentInternalReviewDate",
    "CPPreviewDate",
)
KNOWN_ASIDE = frozenset(LEFT_IN_FILE)
# Few rows wait as dictionaries: with many of them the collector of garbage takes a third of the time.
BATCH = 1 << 10
Element = etree._Element
Record = dict[str, Any]


@dataclass(frozen=True)
class Heading:
    """What the header of one file says, as it is written; None where it says nothing, or two things at once."""

    source: Source
    authority: str | None
    year: str | None
    reference_date: str | None


class _Columns:
    """Rows gathered as columns, put away as Arrow a batch at a time: text takes far less room there."""

    def __init__(self, texts: Sequence[str], numbers: Sequence[str]) -> None:
        self.schema = pa.schema(
            [(name, pa.string()) for name in texts]
            + [(name, pa.int64()) for name in numbers]
            + [("repeated", pa.bool_())]
        )
        self.count = 0
        self._batches: list[pa.RecordBatch] = []
        self._waiting: list[Record] = []

    def add(self, record: Record) -> None:
        self.count += 1
        self._waiting.append(record)
        if len(self._waiting) == BATCH:
            self._put_away()

    def table(self) -> pa.Table:
        self._put_away()
        return pa.Table.from_batches(self._batches, self.schema)

    def _put_away(self) -> None:
        columns = [pa.array([row.get(kind.name) for row in self._waiting], kind.type) for kind in self.schema]
        self._batches.append(pa.RecordBatch.from_arrays(columns, schema=self.schema))
        self._waiting = []


@dataclass
class Walked:
    """What the files hold, as text.

    Attributes:
        headings: what each file's header says; ``file`` in the rows is a place in this list.
        children: child, file, line of the file, and the items of ``OF_CHILD``.
        episodes: episode, child, and the items of ``OF_EPISODE``.
        modules: row (in order, from 0), kind, child, episode, line of the file, and the items of ``OF_MODULE``.
            Besides the four modules of the census there are three kinds: the conference of an episode, an episode
            with no module at all (a referral), and a child with no episode.
        unknown: elements that the layout does not know.
    """

    headings: list[Heading] = field(default_factory=list)
    unknown: int = 0

    def __post_init__(self) -> None:
        self._children = _Columns([*OF_CHILD.values()], ["child", "file", "line"])
        self._episodes = _Columns([*OF_EPISODE.values()], ["episode", "child"])
        texts = ["kind", *dict.fromkeys(column for items in OF_MODULE.values() for column in items.values())]
        self._modules = _Columns(texts, ["row", "child", "episode", "line"])

    @property
    def children(self) -> pa.Table:
        """One row a child."""
        return self._children.table()

    @property
    def episodes(self) -> pa.Table:
        """One row an episode."""
        return self._episodes.table()

    @property
    def modules(self) -> pa.Table:
        """One row a counted row."""
        return self._modules.table()

    def take_child(self, element: Element, file: int) -> None:
        """Make the rows of one child."""
        record, episodes = self._record(element, OF_CHILD, PARTS_OF_CHILD)
        child = self._children.count
        self._children.add({**record, "child": child, "file": file, "line": element.sourceline})
        for episode in episodes:
            self._take_episode(episode, child)
        if not episodes:
            self._take_module({}, NO_EPISODE, element, child, None)

    def _take_episode(self, element: Element, child: int) -> None:
        record, modules = self._record(element, OF_EPISODE, OF_MODULE)
        episode = self._episodes.count
        self._episodes.add({**record, "episode": episode, "child": child})
        for module in modules:
            name = _name(module.tag)
            found, _ = self._record(module, OF_MODULE[name], {})
            self._take_module(found, MODULES[name], module, child, episode)
        if not modules:
            self._take_module({}, REFERRAL, element, child, episode)
        elif record.get("conference"):
            self._take_module({"start": record["conference"]}, CONFERENCE, element, child, episode)

    def _take_module(self, record: Record, kind: str, element: Element, child: int, episode: int | None) -> None:
        address = {"kind": kind, "row": self._modules.count, "child": child, "episode": episode}
        self._modules.add({**record, **address, "line": element.sourceline})

    def _record(
        self, element: Element, items: Mapping[str, str], parts: Mapping[str, Any]
    ) -> tuple[Record, list[Element]]:
        """The items in an element as text, and the elements in it that make rows of their own."""
        record: Record = {}
        found: list[Element] = []
        self._fill(record, found, element, items, parts)
        for column in MANY & record.keys():
            record[column] = ";".join(record[column]) or None
        return record, found

    def _fill(
        self,
        record: Record,
        found: list[Element],
        element: Element,
        items: Mapping[str, str],
        parts: Mapping[str, Any],
    ) -> None:
        for item in element:
            name = _name(item.tag)
            column = items.get(name)
            if column is not None:
                text = item.text
                text = text.strip() if text else None
                if column in record or column in MANY:
                    _note_again(record, column, text)
                else:
                    record[column] = text or None
            elif name in parts:
                found.append(item)
            elif name in WRAPPERS:
                self._fill(record, found, item, items, parts)
            elif name not in KNOWN_ASIDE:
                self.unknown += 1


def _note_again(record: Record, column: str, text: str | None) -> None:
    """One of an item that may stand several times, or the second of one that may not."""
    if column not in MANY:
        record["repeated"] = True
        return
    several = record.setdefault(column, {})
    if text:
        several[text] = None


@lru_cache(1 << 10)
def _name(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2]


def walk(sources: Sequence[Source], settings: Settings) -> Walked:
    """Read the files, one after the other.

    Args:
        sources: the files.
        settings: the choices of this run; they limit what a packed file may unpack to.

    Raises:
        FileRefused: a file is no XML, is cut short, declares entities of its own, or is no census.
    """
    walked = Walked()
    for place, source in enumerate(sources):
        try:
            _check_beginning(source, Unpacked(source, settings))
            _walk_one(walked, place, source, Unpacked(source, settings))
        except etree.XMLSyntaxError as error:
            # The parser's own message may quote the file, so it is not kept.
            raise FileRefused(
                f"{source.shown}, near line {error.lineno or 1}: it is not whole, well-formed XML. "
                "Was it cut short? Export or copy it again."
            ) from None
    return walked


def _parse(content: Unpacked, events: tuple[str, ...], tag: str | None = None) -> Any:
    return etree.iterparse(content, events=events, tag=tag, collect_ids=False, **SAFE)


def _check_beginning(source: Source, content: Unpacked) -> None:
    """Refuse what is no census before its content is read."""
    _, root = next(iter(_parse(content, ("start",))))
    if root.getroottree().docinfo.internalDTD is not None:
        raise FileRefused(
            f"{source.shown}: it begins with a document type of its own (DOCTYPE), which a census file has no use "
            "for and which can hide harmful instructions. Export it again without."
        )
    if _name(root.tag) != ROOT:
        raise FileRefused(
            f"{source.shown}: it is XML, but no Children in Need census: its first element is not '{ROOT}'. "
            "Give the file as it was made for the Department for Education."
        )


def _walk_one(walked: Walked, place: int, source: Source, content: Unpacked) -> None:
    parsing = _parse(content, ("end",), f"{{*}}{CHILD}")
    for _, child in parsing:
        walked.take_child(child, place)
        child.clear()
        before = child.getprevious()
        if before is not None and _name(before.tag) == CHILD:
            child.getparent().remove(before)
    walked.headings.append(_heading(source, parsing.root))
    walked.unknown += sum(_name(part.tag) not in (HEADER, CHILDREN, CHILD) for part in parsing.root)
    walked.unknown += sum(_name(part.tag) != CHILD for part in parsing.root.iterfind(f"{{*}}{CHILDREN}/{{*}}*"))


def _heading(source: Source, root: Element) -> Heading:
    header = root.find(f"{{*}}{HEADER}")
    said: dict[str, set[str]] = {}
    for item in () if header is None else header.iter():
        if text := (item.text or "").strip():
            said.setdefault(_name(item.tag), set()).add(text)
    collection = _one(said, "Collection")
    if collection is not None and collection.upper() != COLLECTION:
        raise FileRefused(
            f"{source.shown}: its header says that it is another collection than '{COLLECTION}'. Give the Children in "
            "Need census."
        )
    return Heading(source, _one(said, "LEA"), _one(said, "Year"), _one(said, "ReferenceDate"))


def _one(said: Mapping[str, set[str]], name: str) -> str | None:
    values = said.get(name, set())
    return next(iter(values)) if len(values) == 1 else None


def without_children(content: bytes, identifiers: frozenset[str]) -> bytes:
    """A census file without some children: their elements taken out, all else as it stands.

    Args:
        content: the file, unpacked.
        identifiers: what the authority calls them (``LAchildID``).

    Raises:
        FileRefused: it is no XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise FileRefused("The census cannot be read as XML.") from None
    for children in root.iter(f"{{*}}{CHILDREN}"):
        for child in children.findall(f"{{*}}{CHILD}"):
            named = child.findtext("{*}ChildIdentifiers/{*}LAchildID")
            if (named or "").strip() in identifiers:
                children.remove(child)
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return made
