"""PostgreSQL's side of a kill: the server's own backends, and databases for a run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

NAME = "reprieve-kills"  # what the killed server's connections are called


def end_backends() -> int:
    """End every backend that the killed server holds, and no other; how many there were."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        found = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = %s",
            [NAME],
        )
        return len(found.fetchall())


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The address of an empty database on a server, dropped at the end."""
    name = f"reprieve_kills_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
