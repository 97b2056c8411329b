"""Pictures of the README and the documentation, drawn from one demonstration run.

python docs/make_images.py [SEED]
"""

import sys
from pathlib import Path

from reprieve.engine.cases.case import Case
from reprieve.engine.forecast.forecast import forecast
from reprieve.engine.planning.plan import plan
from reprieve.engine.planning.schedules import PlanOptions
from reprieve.pictures import Picture
from reprieve.report import demo
from reprieve.report.demo_pictures import (
    cases_picture,
    course_picture,
    lasting_picture,
    trials_picture,
)
from reprieve.report.forecast_pictures import fan
from reprieve.report.frontier_picture import frontier
from reprieve.report.mood import learned_picture, parts_picture

HERE = Path(__file__).parent / "images"


def main(seed: int) -> None:
    """Write the pictures; the same seed writes the same bytes."""
    found = demo.gather(seed)
    courses = [
        ("after six open infusions", found.infusions),
        ("after four weeks of masked spray", found.spray),
    ]
    title = "Six open infusions in two weeks, then none"
    pictures: dict[str, Picture] = {
        "course": course_picture(found.infusions, demo.INFUSIONS_SEEN, title, 53.0),
        "lasting": lasting_picture(courses, demo.LASTING_SEEN),
        "people": cases_picture(found.replays),
        "session": found.session,
        "unseen-trials": trials_picture(found.trials),
    }
    pictures |= of_a_patient(seed)
    pictures |= {"mood-parts": parts_picture(seed), "mood-learned": learned_picture()}
    HERE.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        path = HERE / f"{name}.svg"
        path.write_text(picture.svg(), encoding="utf-8")
        print(f"{path.name}\t{path.stat().st_size / 1000:.0f} kB")


def of_a_patient(seed: int) -> dict[str, Picture]:
    """The example case: what to expect, and schedules side by side."""
    case = Case.from_json(HERE.parent / "examples" / "case.json")
    compared = plan(case, PlanOptions(on_rise=5.0), seed)
    return {"forecast": fan(forecast(case, seed=seed)), "frontier": frontier(compared)}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
