"""The model card says what the last validation found, of the model that ships."""

import importlib.util
import json
from pathlib import Path

from reprieve.engine.calibration.ensemble import ensemble

DOCS = Path(__file__).parent.parent / "docs"


def _maker():
    spec = importlib.util.spec_from_file_location("make_model_card", DOCS / "make_model_card.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_card_is_that_of_the_record_and_the_ensemble_that_ship():
    maker = _maker()
    record = json.loads(maker.RECORD.read_text(encoding="utf-8"))
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(record, ensemble())
    assert record["ensemble"] == ensemble().header["date"]
    assert record["patients_per_situation"] >= 2000


def test_the_card_names_what_the_contract_of_a_card_asks_for():
    text = _maker().PAGE.read_text(encoding="utf-8")
    for heading in (
        "Intended use", "Not for", "Population and data", "Performance on simulated patients",
        "By subgroup", "Performance on real people", "Limits",
    ):  # fmt: skip
        assert f"# {heading}" in text
