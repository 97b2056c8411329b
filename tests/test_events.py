"""Event tables: read, refused, written, and predicted two ways."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from reprieve.cli.events import command
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.events.models import (
    LinearModel,
    inputs_table,
    linear_models,
    one_person,
    people_of,
)
from reprieve.engine.events.prediction import predict, predict_person
from reprieve.engine.events.reading import parse
from reprieve.engine.events.table import Event, EventTable, from_regimen, written_out
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.patient import draw_people
from reprieve.errors import InputError, ModelError

OTTO = "otto_2021_s_ketamine"
# depot 0.9 /h -> central 20 L, 3 L/h out, 5 L/h to 40 L and back
DEPOT = LinearModel(
    ("depot", "central", "peripheral"),
    np.array([[-0.9, 0, 0], [0.9, -(3 + 5) / 20, 5 / 40], [0, 5 / 20, -5 / 40]]),
    {"central": 20.0},
)


def rows(*events: Event) -> list[float]:
    return list(predict_person(events, DEPOT).values())


def dose(time: float, amt: float = 100, **more: object) -> Event:
    return Event("1", time, 1, amt, **{"cmt": "depot", **more})  # type: ignore[arg-type]


def seen(*times: float) -> list[Event]:
    return [Event("1", t, 0, cmt="central") for t in times]


def table(text: str) -> EventTable:
    return parse("\n".join(line.strip() for line in text.strip().splitlines()))


# -- prediction against an independent solver -----------------------------------------------------


Bolus = tuple[float, int, float]  # when, where, mg
Infusion = tuple[float, float, int, float]  # from, until, where, mg/h


def by_ode(boluses: list[Bolus], infusions: list[Infusion], at: list[float]) -> list[float]:
    """The same compartments with SciPy's solver, stopped at every discontinuity."""
    stops = {t for t, _, _ in boluses} | {t for i in infusions for t in i[:2]} | set(at)
    x, now, found = np.zeros(3), 0.0, {}
    for stop in sorted(stops):
        if stop > now:
            rate = np.zeros(3)
            for begin, end, where, r in infusions:
                rate[where] += r * (begin <= now and stop <= end)
            x = solve_ivp(lambda t, y, r=rate: DEPOT.rates @ y + r, (now, stop), x, "LSODA",
                          rtol=1e-10, atol=1e-12).y[:, -1]  # fmt: skip
            now = stop
        for when, where, amount in boluses:
            if when == stop:
                x[where] += amount
        found[stop] = x[1] / 20
    return [found[t] for t in at]


AT = [0.7, 1.9, 4.4, 11.0, 13.2, 29.5]


def test_boluses_infusions_lags_and_bioavailability_agree_with_an_ode_solver() -> None:
    events = [
        dose(0, 100, ii=6, addl=2, f=0.7, lag=0.4),
        dose(0.5, 60, rate=20, cmt="central"),
        dose(3, 40, rate=-2, dur=2.5, cmt="2", f=0.5, lag=1.1),
        dose(5, 30, rate=15, cmt="central", f=0.5),
    ]
    expected = by_ode(
        [(0.4, 0, 70), (6.4, 0, 70), (12.4, 0, 70)],
        [(0.5, 3.5, 1, 20), (4.1, 6.6, 1, 8), (5, 6, 1, 15)],
        AT,
    )
    ordered = sorted([*events, *seen(*AT)], key=lambda e: e.time_h)
    assert rows(*ordered) == pytest.approx(expected, rel=1e-8)


def test_a_reset_forgets_everything_that_was_given_and_is_still_to_come() -> None:
    before = [dose(0, 100, ii=4, addl=9), dose(1, 50, rate=5, cmt="central")]
    late = [dose(7.5, 30, lag=3), Event("1", 8, 3)]
    fresh = [dose(8, 80), *seen(9, 13, 20)]
    assert rows(*before, *late, *fresh) == pytest.approx(rows(*fresh), rel=1e-12)


def test_reset_and_dose_lets_time_start_again() -> None:
    again = rows(dose(0), *seen(3), replace(dose(0, 60), evid=4), *seen(1, 3))
    assert again[1:] == pytest.approx(rows(dose(0, 60), *seen(1, 3)), rel=1e-12)


@pytest.mark.parametrize(
    "shape",
    [
        {"amt": 100.0},
        {"amt": 100.0, "cmt": "central"},
        {"amt": 100.0, "rate": 40.0, "cmt": "central"},
        {"amt": 100.0, "rate": -2.0, "dur": 6.0, "cmt": "central"},
        {"amt": 100.0, "rate": -2.0, "dur": 15.0, "cmt": "central"},  # longer than two intervals
        {"amt": 100.0, "lag": 2.5, "f": 0.6},
        {"amt": 100.0, "rate": -2.0, "dur": 7.5, "lag": 2.5, "cmt": "central"},
    ],
)
@pytest.mark.parametrize("following", [0, 3])
def test_a_steady_state_is_where_endless_doses_lead(
    shape: dict[str, object], following: int
) -> None:
    start, times = 100 * 6.0, [0.2, 2.4, 2.6, 5.9, 6.1, 9, 16, 31]
    steady = dose(start, ii=6.0, addl=following, ss=1, **shape)
    history = dose(0, ii=6.0, addl=100 + following, **shape)
    at = seen(*(start + t for t in times))
    assert rows(steady, *at) == pytest.approx(rows(history, *at), rel=1e-9)


def test_a_second_steady_state_adds_to_the_first() -> None:
    start = 600.0
    at = seen(start, start + 1, start + 11, start + 40)
    first = dose(start, ii=6.0, ss=1, addl=10)
    second = dose(start, 40, ii=8.0, ss=2, rate=-2, dur=10, cmt="central")
    alone = rows(replace(second, ss=1), *at)
    assert rows(first, second, *at) == pytest.approx(
        np.add(rows(first, *at), alone).tolist(), rel=1e-12
    )


def test_a_first_steady_state_replaces_what_was_there() -> None:
    at = seen(20, 25, 40)
    steady = dose(20, ii=12.0, ss=1)
    before = [dose(0, 500, ii=3, addl=20), dose(19, 90, rate=9)]
    assert rows(*before, steady, *at) == pytest.approx(rows(steady, *at), rel=1e-12)


def test_a_constant_infusion_at_steady_state_is_rate_over_clearance_and_then_ends() -> None:
    steady = Event("1", 0, 1, 0.0, rate=6.0, ss=1, cmt="central")
    start, later = rows(steady, *seen(0, 400))
    assert start == pytest.approx(6 / 3, rel=1e-12)  # clearance is 3 L/h
    assert later < 1e-6


def test_something_that_never_leaves_has_no_steady_state() -> None:
    closed = LinearModel(("a", "b"), np.array([[-1.0, 1.0], [1.0, -1.0]]), {"a": 1.0})
    with pytest.raises(ModelError, match="no steady state"):
        predict_person([Event("1", 0, 1, 10.0, ii=6.0, ss=1)], closed)


def test_the_order_of_rows_decides_what_a_sample_at_a_dose_sees() -> None:
    before = [*seen(6), dose(6, cmt="central")]
    assert rows(dose(0, 10), *before)[0] < rows(dose(0, 10), *reversed(before))[0]
    # an additional dose at the time of a row comes before it
    peak, trough = (
        rows(dose(0, cmt="central", ii=6, addl=1), *seen(6)),
        rows(dose(0, cmt="central"), *seen(6)),
    )
    assert peak[0] == pytest.approx(trough[0] + 100 / 20)


# -- the engine's own kinetics --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("esketamine 0.25 mg/kg IV over 40 min, twice weekly x3", OTTO),
        ("esketamine 0.2 mg/kg IV over 40 min then 0.1 mg/kg/h for 6 h", OTTO),
        ("esketamine 84 mg nasal weekly x2", "perez_ruixo_2021_esketamine"),
        ("esketamine 50 mg film once", "simons_2022_s_ketamine"),
        ("esketamine 50 mg oral solution once", "derived_oral_esketamine"),
    ],
)
def test_a_table_of_inputs_predicts_what_the_kinetics_predict(text: str, model: str) -> None:
    regimen = Regimen.parse(text)
    people = draw_people(2, np.random.default_rng(1))
    times = np.array([0.1, 0.5, 0.7, 1, 2, 5, 24, 100, 170])
    made = inputs_table(regimen, people, model, times.tolist())
    reread = parse("\n".join(",".join(row) for row in made.rows()))
    expected = concentrations(regimen.doses, people, times, model=model).s_ketamine
    found = np.array(list(predict(reread, model).values())).reshape(2, -1)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_racemic_amounts_count_both_enantiomers() -> None:
    regimen = Regimen.parse("ketamine 0.5 mg/kg IV over 40 min once")
    person, times = one_person(80), np.array([0.3, 0.7, 2.0])
    values = predict(from_regimen(regimen, person, times.tolist()), OTTO, racemic=True)
    expected = concentrations(regimen.doses, person, times).ketamine[0]
    np.testing.assert_allclose(list(values.values()), expected, rtol=1e-9)


def test_people_who_differ_are_the_same_for_the_same_seed() -> None:
    regimen = Regimen.parse("esketamine 0.4 mg/kg IV over 40 min")
    made = from_regimen(regimen, draw_people(5, np.random.default_rng(2)), [1.0])
    first, second = (predict(made, OTTO, np.random.default_rng(3)) for _ in range(2))
    assert first == second
    assert first != predict(made, OTTO)


# -- reading and writing --------------------------------------------------------------------------

FULL = """ID,time,amt,RATE,dur,ii,addl,ss,EVID,CMT,DV,MDV,ALAG1,F1,WT,AGE
   A,0,35,-2,0.5,24,2,1,1,1,.,1,0.25,0.8,70,40
   A,1,.,0,0,0,0,0,0,1,0.11,0,0,1,70,40
   A,2,.,.,.,.,.,.,3,.,.,1,.,.,70,40
   A,0,20,40,0,0,0,0,4,1,.,1,0,1,70,40
   B,0,10,0,0,0,0,0,1,1,.,1,0,1,55,62
   B,3,.,0,0,0,0,0,2,1,.,1,0,1,55,62"""


def test_every_column_arrives() -> None:
    read = table(FULL)
    first = read.events[0]
    assert (first.amt, first.rate, first.dur, first.ii, first.addl, first.ss) == (
        35,
        -2,
        0.5,
        24,
        2,
        1,
    )
    assert (first.lag, first.f, first.cmt, first.mdv) == (0.25, 0.8, "1", 1)
    assert [e.evid for e in read.events] == [1, 0, 3, 4, 1, 2]
    assert read.events[1].dv == 0.11
    assert read.covariates == ("WT", "AGE")
    assert people_of(read).weight_kg.tolist() == [70, 55]
    assert people_of(read).age_y.tolist() == [40, 62]


def test_what_is_written_reads_back() -> None:
    read = table(FULL)
    out = io.StringIO()
    csv.writer(out).writerows(read.rows())
    again = parse(out.getvalue())
    assert [replace(e, line=0) for e in again.events] == [replace(e, line=0) for e in read.events]


def test_files_round_trip_with_predictions(tmp_path: object) -> None:
    path = f"{tmp_path}/events.csv"
    made = from_regimen(
        Regimen.parse("ketamine 35 mg IV over 40 min weekly x2"), one_person(), [1.0]
    )
    values = predict(made, OTTO)
    made.write(path, values)
    again = EventTable.read(path)
    assert again.rows() == made.rows()
    with open(path) as file:
        assert list(csv.DictReader(file))[1]["PRED"] == repr(values[1])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_comments_and_evid_by_nm_tran_rules(separator: str) -> None:
    text = "# made by hand\n\ufeffID,TIME,AMT,MDV\n1,0,10,1\n\n1,1,.,0\n1,2,.,1\n".replace(
        "\ufeff", ""
    )
    read = parse(text.replace(",", separator))
    assert [e.evid for e in read.events] == [1, 0, 2]


def test_regimens_survive_the_way_through_a_table() -> None:
    text = "ketamine 35 mg IV over 40 min, twice weekly x3, then 40 mg weekly x2"
    regimen = Regimen.parse(text)
    back = from_regimen(regimen, one_person()).to_regimens()["1"]
    assert back.doses == regimen.doses
    added = table("ID,TIME,AMT,II,ADDL\n1,0,10,168,3").to_regimens(route="im")["1"]
    assert added.session_days == (0, 7, 14, 21)


def test_a_regimen_has_no_words_for_resets_and_lags() -> None:
    for text in ("ID,TIME,AMT,ALAG\n1,0,10,1", "ID,TIME,AMT,SS,II\n1,0,10,1,24",
                 "ID,TIME,AMT,EVID\n1,0,10,1\n1,1,.,3"):  # fmt: skip
        with pytest.raises(InputError, match="no words in a regimen"):
            parse(text).to_regimens()


def test_additional_doses_are_written_out_in_order() -> None:
    read = table("ID,TIME,AMT,II,ADDL,EVID\n1,0,10,5,3,1\n1,7,20,0,0,1\n1,12,.,0,0,3\n1,13,5,0,0,1")
    assert [(e.time_h, e.amt) for e in read.expanded().events] == [
        (0, 10), (5, 10), (7, 20), (10, 10), (12, 0), (13, 5),
    ]  # fmt: skip
    assert [place for place, _ in written_out(read.events)] == [0, None, 1, None, 2, 3]


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("ID,TIME,AMT\n1,zero,10", 2, "TIME", "'zero' was given; expected a number"),
        ("ID,TIME,AMT\n1,-1,10", 2, "TIME", "expected 0 or more"),
        ("ID,TIME,AMT\n1,nan,10", 2, "TIME", "expected a number"),
        ("ID,TIME,AMT\n1,.,10", 2, "TIME", "expected hours"),
        ("ID,TIME,AMT\n.,0,10", 2, "ID", "expected a name"),
        ("ID,TIME,AMT\n1,0,-5", 2, "AMT", "expected 0 or more"),
        ("ID,TIME,AMT,EVID\n1,0,5,7", 2, "EVID", "expected 0, 1, 2, 3 or 4"),
        ("ID,TIME,AMT,EVID\n1,0,5,0", 2, "AMT", "EVID 0 gives no dose"),
        ("ID,TIME,AMT,EVID\n1,0,.,1", 2, "AMT", "mg above 0"),
        ("ID,TIME,AMT,RATE\n1,0,5,-1", 2, "RATE", "no column gives a modelled rate"),
        ("ID,TIME,AMT,RATE\n1,0,5,-2", 2, "RATE", "a duration in column DUR"),
        ("ID,TIME,AMT,RATE,DUR\n1,0,5,5,3", 2, "RATE", "leave one of them out"),
        ("ID,TIME,AMT,ADDL\n1,0,5,3", 2, "ADDL", "an interval in column II"),
        ("ID,TIME,AMT,ADDL,II\n1,0,5,1.5,3", 2, "ADDL", "a whole number"),
        ("ID,TIME,AMT,ADDL,II\n1,0,5,1e9,3", 2, "ADDL", "a whole number"),
        ("ID,TIME,AMT,SS\n1,0,5,3", 2, "SS", "expected 0, 1 or 2"),
        ("ID,TIME,AMT,SS\n1,0,5,1", 2, "SS", "an interval in column II"),
        ("ID,TIME,AMT,SS,RATE,II\n1,0,0,1,5,3", 2, "II", "constant infusion"),
        ("ID,TIME,AMT,SS,II,ALAG\n1,0,5,1,3,4", 2, "ALAG", "a lag shorter than II"),
        ("ID,TIME,AMT,CMT\n1,0,5,-1", 2, "CMT", "a compartment's number"),
        ("ID,TIME,AMT,MDV\n1,0,5,2", 2, "MDV", "expected 0 or 1"),
        ("ID,TIME,AMT,WT\n1,0,5,heavy", 2, "WT", "expected a number"),
        ("ID,TIME,AMT\n1,5,5\n1,3,5", 3, "TIME", "3 comes after 5"),
        ("ID,TIME,AMT\n1,0,5\n2,0,5\n1,3,5", 4, "ID", "comes back after another"),
    ],
)
def test_refusals_name_line_and_column(text: str, line: int, column: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"line {line}, column {column}: .*") as refusal:
        parse(text)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("ID,TIME,AMT", "no rows"),
        ("TIME,AMT\n0,5", "no column ID"),
        ("ID,AMT\n0,5", "no column TIME"),
        ("ID,TIME,time,AMT\n1,0,0,5", "twice"),
        ("ID,TIME,AMT\n1,0", "2 cells under a header of 3"),
        ("ID,TIME\n1,\0", "not a text file"),
        ('ID,TIME,AMT\n1,0,"5', "not CSV"),
    ],
)
def test_broken_tables_are_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        parse(text)


def test_compartments_that_are_not_there_are_named() -> None:
    with pytest.raises(InputError, match=r"line 2, column CMT: no compartment '9'.* 1 central"):
        predict(table("ID,TIME,AMT,CMT\n1,0,10,9\n1,1,.,1"), OTTO)
    with pytest.raises(InputError, match="'peripheral1' is not measured"):
        predict(table("ID,TIME,AMT,CMT\n1,0,10,1\n1,1,.,peripheral1"), OTTO)
    with pytest.raises(InputError, match="line 2, column WT: 900"):
        predict(table("ID,TIME,AMT,WT\n1,0,10,900\n1,1,.,900"), OTTO)


def test_metabolites_can_be_observed_by_name() -> None:
    read = table("ID,TIME,AMT,CMT\n1,0,10,central\n1,2,.,nk")
    person = one_person()
    doses = Regimen.parse("esketamine 10 mg IV bolus").doses
    expected = concentrations(doses, person, np.array([2.0])).s_norketamine[0, 0]
    assert predict(read, OTTO)[1] == pytest.approx(expected, rel=1e-9)
    assert "nk" in linear_models(OTTO, person)[0].volumes


# -- always true ----------------------------------------------------------------------------------

_CELL = st.sampled_from(["0", "1", "2", "-1", "-2", ".", "", "5", "24", "nan", "x", "1e9", "0.5"])


@given(
    st.lists(st.sampled_from(["ID", "TIME", "AMT", "RATE", "DUR", "II", "ADDL", "SS", "EVID",
                              "CMT", "DV", "ALAG", "F", "WT", "id"]), max_size=9),
    st.lists(st.lists(_CELL, max_size=9), max_size=5),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_any_cells_are_read_or_refused_in_one_way(
    header: list[str], cells: list[list[str]]
) -> None:
    text = "\n".join(",".join(row) for row in [header, *cells])
    try:
        read = parse(text)
    except InputError:
        return
    assert len(read.events) > 0


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_one_way(text: str) -> None:
    try:
        parse(text)
    except InputError:
        return


_DOSES = st.lists(
    st.tuples(st.floats(0, 50), st.floats(1, 200), st.floats(0, 10), st.sampled_from(["1", "2"])),
    min_size=1,
    max_size=5,
)


@given(_DOSES, st.floats(0.1, 5), st.floats(0, 100))
@example([(0.0, 1.0, 5e-324, "1")], 1.0, 1.0)
@example([(0.0, 1.0, 1e-15, "1")], 1.0, 100.0)
@settings(max_examples=60, deadline=None)
def test_doses_superpose_scale_and_shift(
    given_doses: list[tuple[float, float, float, str]], factor: float, shift: float
) -> None:
    events = [
        dose(t, amt, rate=-2.0 if d else 0.0, dur=d, cmt=cmt) for t, amt, d, cmt in given_doses
    ]
    at = seen(1, 20, 55, 80)

    def run(doses: list[Event], later: float = 0.0) -> np.ndarray:
        moved = [replace(e, time_h=e.time_h + later) for e in [*doses, *at]]
        return np.array(rows(*sorted(moved, key=lambda e: e.time_h)))

    together = run(events)
    np.testing.assert_allclose(together, sum(run([e]) for e in events), rtol=1e-9, atol=1e-12)
    scaled = [replace(e, amt=e.amt * factor) for e in events]
    np.testing.assert_allclose(run(scaled), factor * together, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(run(events, shift), together, rtol=1e-6, atol=1e-9)


def test_what_is_written_predicts_what_was_given(tmp_path: Path) -> None:
    """The drug goes with the table, so racemic doses are not taken for S-ketamine."""
    path, runner = tmp_path / "doses.csv", CliRunner()
    text = "ketamine 0.5 mg/kg IV over 40 min once"
    wrote = runner.invoke(command, ["from", text, "--times", "0.3,2", "--out", str(path)])
    assert wrote.exit_code == 0
    made = list(csv.DictReader(path.read_text().splitlines()))
    assert "DUR" not in made[0]
    assert (made[0]["CMT"], made[0]["DRUG"]) == ("1", "1")
    assert float(made[0]["RATE"]) == pytest.approx(35 / (40 / 60))
    back = runner.invoke(command, ["predict", str(path)])
    assert "both enantiomers" in back.stderr
    found = [float(r["PRED"]) for r in csv.DictReader(back.stdout.splitlines()) if r["AMT"] == "."]
    expected = concentrations(Regimen.parse(text).doses, one_person(), np.array([0.3, 2.0]))
    np.testing.assert_allclose(found, 1000 * expected.ketamine[0], rtol=1e-9)


def test_columns_of_the_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("id;TIME;AMT;ALAG1;Site;PRED\n1;0;5;0;7;9\n1;1.50;.;0;7;9\n")
    out = CliRunner().invoke(command, ["predict", str(path)]).stdout.splitlines()
    assert out[0] == "id,TIME,AMT,ALAG1,Site,PRED"
    assert out[1] == "1,0,5,0,7,."
    assert out[2].startswith("1,1.50,.,0,7,")
