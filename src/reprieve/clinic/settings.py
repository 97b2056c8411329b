"""Settings of the clinic, from environment variables that fail loudly.

| variable | meaning | without it |
|---|---|---|
| `REPRIEVE_MODE` | `production`, `demo` or `test` | `production` |
| `REPRIEVE_DATA` | folder of database, key and backups | `reprieve-clinic` where started |
| `REPRIEVE_SECRET_KEY` | signs cookies and links | read from `secret.key` in the data folder |
| `REPRIEVE_NOTES_KEY` | seals psychotherapy notes; several with commas, newest first | secret key |
| `REPRIEVE_HOSTS` | host names the clinic answers to, with commas | loopback only |
| `REPRIEVE_BEHIND_TLS` | `yes` where a proxy in front speaks HTTPS | `no` |
| `DATABASE_URL` | `postgres://...` for a real clinic | SQLite in the data folder |
"""

import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from reprieve.version import __version__

HERE = Path(__file__).resolve().parent
VERSION = __version__


def _choice(name: str, default: str, known: tuple[str, ...]) -> str:
    found = os.environ.get(name, default)
    if found not in known:
        raise ImproperlyConfigured(f"{name} is '{found}'; expected one of {', '.join(known)}.")
    return found


MODE = _choice("REPRIEVE_MODE", "production", ("production", "demo", "test"))
DATA_DIR = Path(os.environ.get("REPRIEVE_DATA", "reprieve-clinic")).absolute()
BEHIND_TLS = _choice("REPRIEVE_BEHIND_TLS", "no", ("yes", "no")) == "yes"
DEBUG = False


def _secret_key() -> str:
    found = os.environ.get("REPRIEVE_SECRET_KEY", "")
    kept = DATA_DIR / "secret.key"
    if not found and kept.is_file():
        found = kept.read_text().strip()
    if MODE == "test":
        return found or "only for tests: nothing real is signed with it"
    if len(found) < 32:
        raise ImproperlyConfigured(
            f"No secret key: set REPRIEVE_SECRET_KEY (32 characters or more), or start the clinic "
            f"with `reprieve clinic serve`, which makes {kept.name} in the data folder."
        )
    return found


SECRET_KEY = _secret_key()
_NOTES = [k.strip() for k in os.environ.get("REPRIEVE_NOTES_KEY", "").split(",") if k.strip()]
if _NOTES and min(map(len, _NOTES)) < 32:
    raise ImproperlyConfigured("Each key of REPRIEVE_NOTES_KEY needs 32 characters or more.")
NOTES_KEYS = [*_NOTES, SECRET_KEY]  # last, so that what it sealed still opens
ALLOWED_HOSTS = [
    name.strip()
    for name in os.environ.get("REPRIEVE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    if name.strip()
]
CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in ALLOWED_HOSTS] if BEHIND_TLS else []

APPS = [
    "accounts",
    "audit",
    "patients",
    "consents",
    "protocols",
    "courses",
    "treatments",
    "therapy",
    "ledger",
    "today",
    "health",
]
INSTALLED_APPS = [
    # first, so that our templates stand in for those of allauth
    *(f"reprieve.clinic.{name}" for name in APPS),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
]
MIDDLEWARE = [
    "reprieve.clinic.middleware.AddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "reprieve.clinic.middleware.RefusalsMiddleware",
    "reprieve.clinic.accounts.middleware.SecondFactorMiddleware",
    "reprieve.clinic.accounts.middleware.IdleLockMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "reprieve.clinic.urls"
WSGI_APPLICATION = "reprieve.clinic.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "reprieve.clinic.pages.context",
            ],
        },
    }
]

SQLITE = {
    # a write takes its lock at once, so that two of them queue rather than collide half-way
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # recursive triggers: a row that REPLACE takes away counts as removed, which triggers refuse
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
        "PRAGMA recursive_triggers=ON;"
    ),
}
DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{DATA_DIR / 'clinic.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "reprieve.clinic.accounts.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False  # tablets are shared: a session ends with the browser
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# a whole clinic signs in from one address at eight; single names are guarded by django-axes
ACCOUNT_RATE_LIMITS = {"reauthenticate": "30/m/user", "login": "120/m/ip"}
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
MFA_ADAPTER = "reprieve.clinic.accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Reprieve"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = MODE != "production"
MFA_REQUIRED = MODE == "production"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # h
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/lockout.html"
AXES_ENABLE_ADMIN = False

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = MODE == "production"
CSRF_COOKIE_SAMESITE = "Strict"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 86400
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
        "worker-src": [SELF],
    }
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [HERE / "static"]
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]  # TLS is the proxy's: see BEHIND_TLS
