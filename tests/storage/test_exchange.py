"""Files: byte for byte as the operation writes them, safe in a spreadsheet, and read back exactly."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import audit, exchange, jobs, moments, requests, sheet
from storage.audit import Intact
from storage.database import Database, transaction
from storage.sheet import SheetProblem

REQUESTS = (
    "request_id,requester,summary,target_record,status,priority,decision,rationale,created_at,closed_at\n"
    'IT-1048,emma.clarke@example.com,"Please process this password reset request.","Example target",Escalated,High,Escalated,'
    '"Requires owner approval.",2026-05-18T09:15:00.000Z,\n'
)
AUDIT = (
    "event_id,request_id,actor,event_type,details,created_at\n"
    'EVT-2048,IT-1048,Password Reset Request Agent,Escalation,"{""reason"":""Policy requires owner review""}",2026-05-18T09:18:00.000Z\n'
)
HEADER, SAMPLE = REQUESTS.splitlines(keepends=True)


async def written(what: str, raw: bool = False) -> str:
    out = StringIO()
    if what == "requests":
        await exchange.requests_csv(raw, out.write)
    elif what == "audit":
        await exchange.audit_csv(raw, out.write)
    else:
        await exchange.audit_jsonl(out.write)
    return out.getvalue()


@pytest.mark.parametrize("raw", [True, False])
async def test_the_operations_samples_come_out_as_they_went_in(db: Database, key: bytes, raw: bool) -> None:
    assert await exchange.import_requests(REQUESTS) == 1
    assert await exchange.import_audit(AUDIT) == 1
    assert await written("requests", raw) == REQUESTS
    assert await written("audit", raw) == AUDIT
    assert isinstance(await audit.verify(key), Intact)


async def test_imported_rows_start_no_work_and_numbers_go_on_after_them(db: Database) -> None:
    await exchange.import_requests(REQUESTS)
    await exchange.import_audit(AUDIT)
    assert await jobs.count() == 0
    async with transaction():
        request = await requests.create(requester="emma.clarke@example.com")
        (event,) = await audit.append([audit.NewEvent(request.request_id, audit.AGENT, audit.MESSAGE, {})])
    assert (request.request_id, event.event_id) == ("IT-1049", "EVT-2049")
    await exchange.import_requests(HEADER + SAMPLE.replace("IT-1048", "IT-7"))
    async with transaction():
        assert (await requests.create(requester="x")).request_id == "IT-1050"


async def test_events_keep_the_files_order_and_their_own_text(db: Database, key: bytes) -> None:
    rows = ['EVT-9,IT-1,a,Message,"{ ""b"" : 1.50,\n ""a"":[ ] }",2026-05-18T09:18:00.000Z\n', 'EVT-3,IT-1,a,Closure,"{}",2026-05-18T09:17:00.000Z\n']
    text = AUDIT.splitlines(keepends=True)[0] + "".join(rows)
    await exchange.import_audit(text)
    assert await written("audit", raw=True) == text
    lines = [json.loads(line) for line in (await written("jsonl")).splitlines()]
    assert [(line["seq"], line["event_id"]) for line in lines] == [(1, "EVT-9"), (2, "EVT-3")]
    assert lines[0]["details"] == {"b": 1.5, "a": []}
    assert lines[1]["previous"] == lines[0]["hash"]
    assert isinstance(await audit.verify(key, (lines[1]["seq"], lines[1]["hash"])), Intact)


async def test_json_lines_are_read_back_exactly(db: Database, key: bytes) -> None:
    await exchange.import_audit(AUDIT.splitlines(keepends=True)[0] + 'EVT-9,IT-1,"Zoë, IT",Message,"{ ""b"" : 1e3 }",2026-05-18T09:18:00.000Z\n')
    out = await written("jsonl")
    renumbered = out.replace("EVT-9", "EVT-10").replace('"seq":1', '"seq":77')
    assert await exchange.import_audit(renumbered) == 1
    first, second = (await written("audit", raw=True)).splitlines()[1:]
    assert second == first.replace("EVT-9", "EVT-10")
    assert isinstance(await audit.verify(key), Intact)
    for bad in (out, "{", '{"event_id": "EVT-1"}', out.replace("Message", "Gossip").replace("EVT-9", "EVT-11"), "{}\n[]"):
        with pytest.raises(SheetProblem):
            await exchange.import_audit(bad)


@pytest.mark.parametrize(
    ("old", "new", "line", "column"),
    [
        ("IT-1048", "1048", 2, "request_id"),
        ("IT-1048", "IT-01", 2, "request_id"),
        ("IT-1048", "IT-99999999999", 2, "request_id"),
        ("emma.clarke@example.com", "", 2, "requester"),
        ("emma.clarke@example.com", "x" * 321, 2, "requester"),
        (",Escalated,High", ",Lost,High", 2, "status"),
        ("High", "Highest", 2, "priority"),
        ("High,Escalated", "High,Perhaps", 2, "decision"),
        ("09:15:00.000Z", "09:15:00Z", 2, "created_at"),
        ("000Z,", "000Z,yesterday", 2, "closed_at"),
        ("000Z,", "000Z,2026-05-18T09:15:00.000Z", 2, "closed_at"),
        (",Escalated,High", ",Completed,High", 2, "closed_at"),
        ('"Example target"', '"Example\x00target"', 2, "target_record"),
        ('"Example target"', "", 2, "target_record-ok"),
        ("IT-1048,", "IT-1048,one,", 2, ""),
        ('"Example target"', '"Example target', 2, "cell 4"),
        ('"Example target"', '"Example" target', 2, "cell 4"),
        ("request_id,", "id,", 1, ""),
    ],
)
async def test_a_file_with_a_mistake_is_refused_as_a_whole_and_the_place_is_named(db: Database, old: str, new: str, line: int, column: str) -> None:
    text = HEADER + SAMPLE.replace(old, new) if line > 1 else HEADER.replace(old, new) + SAMPLE
    good = SAMPLE.replace("IT-1048", "IT-5")
    if column.endswith("-ok"):
        assert await exchange.import_requests(text) == 1
        return
    before = text + good if "cell" not in column else text
    with pytest.raises(SheetProblem) as problem:
        await exchange.import_requests(before)
    assert (problem.value.line, problem.value.column) == (line, column)
    assert await requests.listing() == []


async def test_an_id_twice_in_the_file_or_here_already(db: Database, key: bytes) -> None:
    with pytest.raises(SheetProblem, match=r"line 3, request_id: IT-1048 is on line 2 too"):
        await exchange.import_requests(HEADER + SAMPLE + SAMPLE)
    await exchange.import_requests(REQUESTS)
    await exchange.import_audit(AUDIT)
    with pytest.raises(SheetProblem, match=r"line 3, request_id: IT-1048 is here already"):
        await exchange.import_requests(HEADER + SAMPLE.replace("IT-1048", "IT-5") + SAMPLE)
    with pytest.raises(SheetProblem, match=r"line 2, event_id: EVT-2048 is here already"):
        await exchange.import_audit(AUDIT)
    assert [row.request_id for row in await requests.listing()] == ["IT-1048"]
    assert (await audit.verify(key)) == Intact(1, 1, (await audit.of_request("IT-1048"))[0].hash)


async def test_lines_are_counted_over_line_ends_inside_cells(db: Database) -> None:
    text = HEADER + SAMPLE.replace("Example target", "one\ntwo\r\nthree") + SAMPLE.replace("IT-1048", "IT-9").replace("High", "Huge")
    with pytest.raises(SheetProblem, match="line 5, priority"):
        await exchange.import_requests(text)


async def test_a_spreadsheets_own_way_of_writing_is_read(db: Database) -> None:
    assert await exchange.import_requests("\ufeff" + REQUESTS.replace("\n", "\r\n") + "\r\n") == 1
    assert await written("requests", raw=True) == REQUESTS
    with pytest.raises(SheetProblem, match="empty"):
        await exchange.import_requests("")
    assert await exchange.import_requests(HEADER) == 0


async def test_formulas_are_defused_unless_raw_and_both_are_read_back(db: Database) -> None:
    texts = ["=HYPERLINK(1)", " \t@SUM(1)", "＝1+1", "'=1", "''-2", "- a list", "plain", "it's", "' = 1"]
    async with transaction():
        for text in texts:
            await requests.create(requester="+1@example.com", summary=text, created_at=moments.now() - timedelta(days=1))
    defused, raw = await written("requests"), await written("requests", raw=True)
    assert ',"\'=HYPERLINK(1)",' in defused
    assert ",'+1@example.com," in defused
    for line in sheet.lines(defused, requests.CONTRACT):
        assert line.cells[2] == texts[int(line.cells[0][3:]) - 1]
    assert ',"=HYPERLINK(1)",' in raw
    for source in (defused, raw):
        assert [line.cells[2] for line in sheet.lines(source, requests.CONTRACT)] == texts


CELLS = st.lists(st.text(alphabet=st.sampled_from(list("a '\"=+-@,;\t\r\n＝－\u200b")) | st.characters(exclude_categories=["Cs"]), max_size=8), min_size=3, max_size=3)


@given(st.lists(CELLS, max_size=4), st.booleans())
def test_every_text_is_read_back_as_it_was(rows: list[list[str]], raw: bool) -> None:
    header = ("a", "b", "c")
    named = [[f"IT-{number}", *row[1:]] for number, row in enumerate(rows)]
    text = "a,b,c\n" + "".join(sheet.written(row, [False, True, False], raw=raw) for row in named)
    assert [list(line.cells) for line in sheet.lines(text, header)] == named


@given(CELLS)
def test_no_defused_cell_begins_like_a_formula(cells: list[str]) -> None:
    for line in sheet.lines("a,b,c\n" + sheet.written(cells, [False] * 3, raw=False).replace("'", "´"), ("a", "b", "c")):
        for cell in line.cells:
            assert cell[:1] not in set("=+-@\t\r＝＋－＠")
            assert cell.lstrip()[:1] not in set("=+-@＝＋－＠")


@given(st.text(max_size=40))
def test_a_broken_file_is_a_sheet_problem_and_nothing_else(text: str) -> None:
    with contextlib.suppress(SheetProblem):
        assert all(len(line.cells) == 2 for line in sheet.lines("a,b\n" + text, ("a", "b")))
