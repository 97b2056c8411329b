"""The clinic's settings for tests: its own folder, no real key, one line to choose a database."""

import os
import tempfile

os.environ["REPRIEVE_MODE"] = "test"
os.environ.setdefault("REPRIEVE_DATA", tempfile.mkdtemp(prefix="reprieve-test-"))
if "REPRIEVE_TEST_DATABASE" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["REPRIEVE_TEST_DATABASE"]
else:
    os.environ.pop("DATABASE_URL", None)

from reprieve.clinic.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tests sign in a lot
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
