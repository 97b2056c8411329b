"""From receptor to mood: the constraints, two ways, the tags and the pictures."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.integrate import solve_ivp

from reprieve.cli.mechanism import command
from reprieve.engine.core.mechanism import STATES, run_chain
from reprieve.engine.dosing.regimen import parse
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.kinetics.occupancy import occupancy
from reprieve.engine.mechanism.chain import WHO, constants, mechanism, standard_text
from reprieve.engine.mechanism.steps import checks, steps
from reprieve.engine.patient import draw_people
from reprieve.errors import InputError, RegimenError, UnknownNameError
from reprieve.evidence import cite, observations
from reprieve.report.mechanism import html, record, svg
from reprieve.report.mechanism_terminal import bar, show

STANDARD = "ketamine 0.5 mg/kg IV over 40 min"


@pytest.fixture(scope="module")
def found():
    return mechanism(STANDARD)


@pytest.mark.parametrize("check", checks(), ids=lambda c: c.what)
def test_the_chain_does_what_its_sources_say(check):
    assert check.passed, check


def test_shaffer_2014_occupancy_is_about_23_per_cent_at_185_ng_per_ml():
    people = draw_people(1, np.random.default_rng(0), WHO)
    conc = concentrations(parse(STANDARD).doses[:1], people, np.array([0.0, 40 / 60]))
    scaled = 185.0 / (1000.0 * conc.ketamine[0, 1])
    for name in ("s_ketamine", "r_ketamine"):
        getattr(conc, name)[:] *= scaled
    assert occupancy(conc)[0, 1] == pytest.approx(0.23, abs=0.015)


def test_the_chain_agrees_with_an_ode_solver():
    c = constants()
    times = np.linspace(0.0, 48.0, 481)
    blocked = 0.2 * np.exp(-0.3 * times)

    def slope(t, y):
        r = float(np.interp(t, times, blocked))
        burst = max(0.0, r - c.adaptation_gain * y[0]) * (1.0 - c.spared)
        return [
            (r - y[0]) / c.adaptation_time,
            (burst - y[1]) / c.glutamate_time,
            (y[1] - y[2]) / c.ampa_time,
            (y[2] - y[3]) / c.mtor_time,
            y[2] - y[4] / c.bdnf_time,
            (y[4] - y[5]) / c.protein_time,
            c.spine_rate * y[5] * (c.spine_ceiling - y[6]) - y[6] / c.spine_time,
            y[2] - y[7] / c.early_time,
        ]

    solved = solve_ivp(
        slope, (0.0, 48.0), np.zeros(STATES), t_eval=times, rtol=1e-9, atol=1e-12, max_step=0.05
    )
    ours = run_chain(times, blocked, c)
    scale = np.abs(solved.y).max(axis=1)
    assert np.all(np.abs(ours - solved.y.T) < 2e-4 * scale)


def test_nothing_happens_without_blockade():
    assert not run_chain(np.linspace(0.0, 24.0, 49), np.zeros(49), constants()).any()


def test_the_standard_infusion_is_the_unit(found):
    for key in ("glutamate", "ampa", "mtor", "bdnf", "spines", "mood"):
        assert found[key].peak == pytest.approx(1.0, abs=1e-6)
    assert standard_text() == STANDARD


def test_each_step_comes_after_the_one_before(found):
    order = ("plasma", "glutamate", "ampa", "mtor", "bdnf", "proteins", "spines")
    peaks = [found.peak_h(key) for key in order]
    assert peaks == sorted(peaks)
    assert np.allclose(
        found["mood"].values, found["early"].values + found["late"].values, atol=1e-9
    )


def test_more_drug_does_more_at_every_step():
    small = mechanism("ketamine 0.2 mg/kg IV over 40 min")
    large = mechanism("ketamine 1 mg/kg IV over 40 min")
    for key in small.courses:
        assert large[key].peak > small[key].peak
    # saturation: five times the dose brings less than five times the mood
    assert large["mood"].peak < 5.0 * small["mood"].peak


def test_only_the_first_session_is_shown_and_said_so():
    one = mechanism(f"{STANDARD}, once")
    course = mechanism(f"{STANDARD}, twice weekly for 3 weeks")
    assert np.array_equal(one["mood"].values, course["mood"].values)
    assert "only the first session is shown" in course.assumptions
    assert not one.assumptions


def test_what_was_left_out_is_said_back():
    assert any("40 min" in said for said in mechanism("ketamine 0.5 mg/kg IV").assumptions)


def test_every_step_is_tagged_and_names_what_it_rests_on(found):
    known = {row.id for kind in ("effects", "studies", "course") for row in observations(kind)}
    tags = {step.key: step.tag for step in steps()}
    assert set(tags.values()) == {"measured", "inferred", "assumed"}
    assert tags["plasma"] == tags["mood"] == "measured"
    for step in steps():
        assert set(step.rows) <= known
        cite(*step.references)
        assert step.rows or step.tag == "assumed"
        assert all(key in found.courses for key in step.courses)


def test_it_refuses_what_does_not_act_on_the_receptor():
    with pytest.raises(InputError, match="NMDA"):
        mechanism("saline IV over 40 min, once")
    with pytest.raises(RegimenError):
        mechanism("ketamin 0.5 mg/kg IV")


def test_an_unknown_course_names_the_known_ones(found):
    with pytest.raises(UnknownNameError, match="glutamate"):
        found["glutamat"]


def test_the_picture_says_in_words_what_it_shows(found):
    text = svg(found)
    root = ElementTree.fromstring(text)
    desc = root.find("{http://www.w3.org/2000/svg}desc").text
    assert root.get("role") == "img"
    for step in steps():
        assert step.title in desc
        assert f"({step.tag})" in desc
    assert text.count("rp-step-") >= 2 * len(steps())
    assert "prefers-reduced-motion:no-preference" in text
    assert "prefers-color-scheme:dark" in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_the_page_steps_without_script_and_loads_nothing(found):
    page = html(found)
    assert "<script" not in page
    assert page.count('type="radio"') == len(steps()) + 1
    assert page.count(" checked") == 1
    assert "default-src 'none'" in page
    assert page.count("<style") == 1  # the policy allows the page's own sheet and no other
    for step in steps():
        assert step.text.split(".")[0] in page


def test_json_carries_steps_checks_and_limits(found):
    content = json.loads(json.dumps(record(found)))
    assert [s["key"] for s in content["steps"]] == [s.key for s in steps()]
    assert len(content["times_h"]) == len(content["steps"][0]["courses"][0]["values"])
    assert all(c["pass"] for c in content["checks"])


def test_the_terminal_bar_follows_the_course(found):
    early, late = bar(found, "glutamate"), bar(found, "spines")
    assert early.index("█") < late.index("█")
    assert early.endswith(" ")


def test_the_command_in_every_form(tmp_path):
    run = CliRunner().invoke
    assert "Synapses grow back" in run(command, [STANDARD]).output
    assert json.loads(run(command, [STANDARD, "--json"]).output)["regimen"]
    assert run(command, [STANDARD, "--svg"]).output.startswith("<svg")
    assert run(command, [STANDARD, "--html"]).output.startswith("<!doctype html>")
    for name, start in (("a.html", "<!doctype"), ("a.svg", "<svg"), ("a.json", "{")):
        assert run(command, [STANDARD, "--out", str(tmp_path / name)]).exit_code == 0
        assert (tmp_path / name).read_text().startswith(start)
    missing = run(command, [STANDARD, "--out", str(tmp_path / "no" / "a.svg")])
    assert missing.exit_code != 0
    assert "--out" in f"{missing.output}{missing.exception}"


def test_every_form_of_the_mechanism_states_the_use(found, capsys):
    said = "Racemic ketamine by vein for depression is off-label."
    assert said in html(found)
    assert record(found)["use"] == [said]
    show(found)
    assert said in capsys.readouterr().out
