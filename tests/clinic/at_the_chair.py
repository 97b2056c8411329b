"""Fill an empty clinic with one session in progress: `python -m clinic.at_the_chair FOLDER`.

Prints the id of the session. Sign in as `nurse`, password `reprieve demo`.
"""

import sys
from datetime import timedelta
from pathlib import Path


def main(folder: Path) -> None:
    """An infusion that began twenty minutes ago."""
    from reprieve.clinic import running

    running.prepare(folder, "demo")

    from benchmarks.reliability import days
    from django.utils import timezone

    from reprieve.clinic.simulator.histories import play
    from reprieve.clinic.treatments.models import TreatmentSession
    from reprieve.clinic.treatments.record import state_of

    cast = days.open_clinic()
    now = timezone.now()
    day = days.day_of(cast, 0, now - timedelta(minutes=20))
    session = TreatmentSession.objects.get(pk=day.session)
    play(cast, session, day.acts, day.begin, now, state_of(session))
    print(day.session)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
