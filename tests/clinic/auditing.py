"""Write audit rows until stopped: `python -m clinic.auditing FOLDER`."""

import sys
from itertools import count
from pathlib import Path


def main(folder: Path) -> None:
    """One row a transaction, as many as the database takes."""
    from reprieve.clinic import running

    running.begin(folder)

    from reprieve.clinic.accounts.models import User
    from reprieve.clinic.actor import Actor
    from reprieve.clinic.acts import act

    nurse = User.objects.get(username="nurse")
    for number in count():
        with act(Actor.as_user(nurse), "clinic.use", f"write {number}"):
            pass
        if number == 0:
            print("writing", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
