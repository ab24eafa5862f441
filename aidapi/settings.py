"""Settings from environment variables; development needs none.

A missing or invalid value prevents the start with an error that names the variable, what is wrong
and what would be right. `docs/operating.md` lists them all.
"""

import hashlib
import re
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from aidapi import logs
from aidapi.database.addresses import connection_settings

try:
    # The system's SQLite may have the WAL-reset fault (fixed in 3.51.3); this wheel bundles a
    # sound one. It must be swapped in before Django's backend imports the module.
    import pysqlite3
    import pysqlite3.dbapi2

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
except ImportError:  # no wheel on this platform: aidapi.checks refuses an affected library
    pass

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]
env = environ.Env()


def required_in_production(name: str, development: str, meaning: str) -> str:
    """Return the variable's value; if it is missing, a default in development only."""
    value = env.str(name, default="") or ("" if PRODUCTION else development)
    if not value.strip(", "):
        raise ImproperlyConfigured(f"Set {name} in production: {meaning}")
    return value


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def integer(name: str, default: int, minimum: int) -> int:
    raw = env.str(name, default=str(default))
    if not raw.isascii() or not raw.isdigit() or int(raw) < minimum:
        raise ImproperlyConfigured(f"{name}={raw!r}: give a whole number of at least {minimum}.")
    return int(raw)


def boolean(name: str, default: bool) -> bool:
    raw = env.str(name, default=str(default)).lower()
    if raw not in ("true", "false", "1", "0"):
        raise ImproperlyConfigured(f"{name}={raw!r}: give true or false.")
    return raw in ("true", "1")


ENVIRONMENT = env.str("ENVIRONMENT", default="development")
if ENVIRONMENT not in ("development", "production"):
    raise ImproperlyConfigured(
        f"ENVIRONMENT={ENVIRONMENT!r}: give 'development' (the default) or 'production'."
    )
PRODUCTION = ENVIRONMENT == "production"
DEBUG = boolean("DEBUG", False)
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("DEBUG=true shows source code to readers: unset it in production.")

SECRET_KEY = required_in_production(
    "SECRET_KEY",
    "development-only-" + "k3m9q2x7" * 8,
    "a random string of at least 50 characters; "
    'python -c "import secrets; print(secrets.token_urlsafe(50))" makes one.',
)
# Cursors are public and outlive sessions, so they have keys of their own: the first signs, all
# verify. To rotate, put the new key first and remove the old one a week later.
CURSOR_KEYS = words(
    required_in_production(
        "CURSOR_KEYS",
        "development-only-cursor-key",
        "one or more random strings, separated by commas; the first signs the cursors.",
    )
)
ALLOWED_HOSTS = words(
    required_in_production(
        "ALLOWED_HOSTS",
        "localhost,127.0.0.1,[::1],testserver",
        "the host names that this site answers to, separated by commas.",
    )
)
for NAME in ALLOWED_HOSTS:
    if not re.fullmatch(r"\*|\.?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]", NAME):
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS has {NAME!r}: give host names alone, such as aid.example.org, without "
            "https:// and port."
        )
# The start of links in responses, with the path of the site if it is below one. Behind a shared
# cache it must be set, so that no request's Host header can decide what others read.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
if PUBLIC_URL and not PUBLIC_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured(f"PUBLIC_URL={PUBLIC_URL!r}: begin with https:// or http://.")
if PUBLIC_URL and not re.fullmatch(
    r"https?://([^/?#\s@:\[\]]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
    r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*",
    PUBLIC_URL,
):
    raise ImproperlyConfigured(
        # The value is not shown: it may contain a password.
        "PUBLIC_URL cannot be read: give https://host, or https://host/path with a path of "
        "letters, digits, dots, dashes and underscores."
    )
# The path below which the site is, `/aid`; every address in responses begins with it
# (aidapi.addresses).
SITE_PATH = urlsplit(PUBLIC_URL).path
FORCE_SCRIPT_NAME = SITE_PATH or None
# Paths of the site itself. Below one of them a proxy that removes the path could not be
# distinguished from one that keeps it.
OWN_PATHS = {
    *("admin", "api", "reconcile", "static", "livez", "readyz", "metrics"),
    *("browse", "docs", "reference", "guide", "how-we-count", "dictionary", "records", "releases"),
    *("charts", "embed", "parties", "items", "series", "changes", "corrections", "about"),
    *("robots.txt", "sitemap.xml", "sitemaps", "favicon.ico"),
}
if (FIRST := SITE_PATH[1:].partition("/")[0]) in OWN_PATHS:
    raise ImproperlyConfigured(
        f"PUBLIC_URL={PUBLIC_URL!r}: /{FIRST} is a path of AidAPI itself: choose another."
    )
# Feeds identify entries by tag URIs (RFC 4151), which begin with a host name of the site in 2026.
# It does not change if the site moves: set it once.
TAG_AUTHORITY = env.str("TAG_AUTHORITY", default=urlsplit(PUBLIC_URL).hostname or "localhost")
if not re.fullmatch(r"[A-Za-z0-9.-]+", TAG_AUTHORITY):
    raise ImproperlyConfigured(f"TAG_AUTHORITY={TAG_AUTHORITY!r}: give a host name.")

# Whom readers may write to: an e-mail address or an address of the web, shown on /about/.
CONTACT = env.str("CONTACT", default="")
if CONTACT and not re.fullmatch(r"[^@\s:/]+@[^@\s/]+|https?://\S+", CONTACT):
    raise ImproperlyConfigured(f"CONTACT={CONTACT!r}: give name@example.org or https://….")

INSTALLED_APPS = [
    "accounts",  # first: its admin pages come before those of the apps that it replaces
    "aidapi",  # before the library, for its command `spectacular` goes before the library's
    "accounts.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",  # its templates
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",  # its copy of htmx, among the static files
    "accounts.apps.LockoutConfig",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "records",
]

# The middleware of axes is below, as a subclass (accounts.middleware).
SILENCED_SYSTEM_CHECKS = ["axes.W002"]
MIDDLEWARE = [
    # The first three come before everything else: they count, and serve cached responses.
    "aidapi.requests.RequestMiddleware",
    "aidapi.limits.RateLimitMiddleware",
    "aidapi.caching.CacheMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "aidapi.compression.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "aidapi.origins.OriginMiddleware",
    "aidapi.policy.PolicyMiddleware",
    "aidapi.lanes.RefusalMiddleware",
    "aidapi.primary.ReadingMiddleware",
    "aidapi.deadlines.DeadlineMiddleware",
    "aidapi.errors.ProblemMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Before any middleware that checks the host: health checks use addresses not known here.
    "aidapi.views.ProbeMiddleware",
    "accounts.middleware.SessionMiddleware",
    "aidapi.requests.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "accounts.middleware.OTPMiddleware",
    "accounts.sessions.SessionLimitMiddleware",
    "accounts.middleware.MessageMiddleware",
    "accounts.middleware.AxesMiddleware",
    # Last: its messages are stored by the middleware above.
    "aidapi.outcomes.OutcomeMiddleware",
]

ROOT_URLCONF = "aidapi.urls"
WSGI_APPLICATION = "aidapi.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Writes the widgets of the admin's long forms without templates.
FORM_RENDERER = "accounts.form_renderer.FormRenderer"

# --- Databases

DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'aidapi.sqlite3'}")
# Whether DATABASE_URL leads to a pooler, which may give each transaction another connection.
POOLED = boolean("POOLED", False)
# A replica, from which this process reads: it only serves readers (aidapi.replicas).
READ_DATABASE_URL = env.str("READ_DATABASE_URL", default="")
READING = bool(READ_DATABASE_URL)
# Seconds that the replica may be behind before this process is not ready.
LAG_SECONDS = integer("LAG_SECONDS", 30, 1)
# Whether this process only serves readers, from a database that it may not be able to write to.
READ_ONLY = boolean("READ_ONLY", READING)
if READING and not READ_ONLY:
    raise ImproperlyConfigured("READ_ONLY=false: leave it out, or leave READ_DATABASE_URL out.")
# Seconds that a statement waits for a lock, and that it runs: the last resort of commands, since
# requests have deadlines of their own.
LOCK_SECONDS = integer("LOCK_SECONDS", 20, 1)
STATEMENT_SECONDS = integer("STATEMENT_SECONDS", 900, 1)


def database(name: str, address: str) -> dict[str, Any]:
    try:
        found = connection_settings(
            address,
            lock_seconds=LOCK_SECONDS,
            statement_seconds=STATEMENT_SECONDS,
            pooled=POOLED,
        )
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} {error}") from None
    return found | {
        "CONN_MAX_AGE": None,
        # No `SELECT 1` before every request's only query: a connection that the database closed
        # fails one request, and Django opens a new one for the next.
        "CONN_HEALTH_CHECKS": False,
        # Readers must never wait for a lock: writes open their transactions themselves.
        "ATOMIC_REQUESTS": False,
    }


if READING:
    DATABASES = {"default": database("READ_DATABASE_URL", READ_DATABASE_URL)}
    if "DATABASE_URL" in env:
        # Asked for what the replica lacks (aidapi.primary).
        DATABASES["primary"] = database("DATABASE_URL", DATABASE_URL)
else:
    DATABASES = {"default": database("DATABASE_URL", DATABASE_URL)}
    if DATABASE_URL.startswith("sqlite:///") and ":memory:" not in DATABASE_URL:
        Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REINDEX_ON_MIGRATE = integer("REINDEX_ON_MIGRATE", 5_000, 0)
"""Maximum published versions for which `migrate` itself rebuilds derived rows."""

# --- Accounts

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = [
    # Refuses locked-out clients before a password is checked.
    "axes.backends.AxesStandaloneBackend",
    "accounts.permissions.PermissionBackend",
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# Whether sign-in needs a code of an authenticator beside the password.
SECOND_FACTOR = boolean("SECOND_FACTOR", PRODUCTION)
OTP_TOTP_ISSUER = "AidAPI"
# Wrong passwords until an account is locked for an address; other limits are multiples of it.
LOGIN_FAILURES = integer("LOGIN_FAILURES", 5, 1)
LOGIN_LOCK_MINUTES = integer("LOGIN_LOCK_MINUTES", 15, 1)
# Attempts per address and minute to enter a password or a code; 0 for no limit.
LOGIN_RATE = integer("LOGIN_RATE", 20, 0)
AXES_HANDLER = "accounts.lockout.Lockout"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address", "username"]
AXES_FAILURE_LIMIT = LOGIN_FAILURES
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCK_MINUTES)
# Further attempts do not extend a lockout.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Maximum age of a session, and maximum idle time.
SESSION_HOURS = integer("SESSION_HOURS", 12, 1)
SESSION_IDLE_MINUTES = integer("SESSION_IDLE_MINUTES", 120, 1)

# --- Language and time

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Static files

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "aidapi.static_files.StaticFiles"},
}

STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    # The libraries of interactive charts, from the package that draws the charts here.
    "records.site.charts.vega.VegaFinder",
]
# Source maps are rarely requested, so they are not compressed, which would be most of the work of
# collectstatic.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# --- Caching

# What cached responses depend on: the number of the latest revision, and the code.
DATASET_HEAD = "records.models.RevisionCounter"
BUILD = hashlib.blake2b(
    b"".join(
        path.read_bytes()
        for package in ("aidapi", "records")
        for path in sorted((BASE_DIR / package).rglob("*"))
        if path.suffix in (".py", ".html", ".css", ".js", ".json", ".yaml")
    ),
    digest_size=8,
).hexdigest()
# Responses are cached in each process and, if CACHE_URL names a Redis server, for all processes.
CACHE_URL = env.str("CACHE_URL", default="")
if CACHE_URL and not CACHE_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured(
        "CACHE_URL cannot be read: give redis://host:6379/0, or leave it out."
    )
# Responses that a process keeps. Bodies have at most 256 KB, and most far less.
CACHE_ENTRIES = integer("CACHE_ENTRIES", 500, 0)

# --- Limits

# Requests per address and minute; 0 for no limit.
RATE_LIMIT = integer("RATE_LIMIT", 1_200 if PRODUCTION else 600_000, 0)
RATE_PERIOD = 60
# Reports of errors from one address in that time; 0 for no limit.
REPORT_RATE = integer("REPORT_RATE", 5, 0)
# Number of trusted proxies in front, each of which appends to X-Forwarded-For.
PROXIES = integer("PROXIES", 0, 0)
# Maximum time of the database queries of an API request, in seconds.
QUERY_SECONDS = integer("QUERY_SECONDS", 10, 1)
# The same of a request to the admin, of `/readyz`, and of a commit that waits for a standby.
ADMIN_SECONDS = integer("ADMIN_SECONDS", 60, 1)
PROBE_SECONDS = 3
COMMIT_SECONDS = integer("COMMIT_SECONDS", 5, 1)

# Limits of one process (aidapi.lanes). Requests executed at once, each with a database connection:
# for readers, in the admin, and for parts of downloads.
THREADS = integer("THREADS", 4, 1)
ADMIN_THREADS = integer("ADMIN_THREADS", 2, 1)
DOWNLOAD_THREADS = integer("DOWNLOAD_THREADS", 2, 1)
# Whether a process of its own executes the requests to the admin (aidapi.admin_process). A process
# for reading has no admin.
ADMIN_PROCESS = boolean("ADMIN_PROCESS", False) and not READING
# Open downloads, request bodies being read, and requests waiting to be executed.
DOWNLOADS = integer("DOWNLOADS", 8, 1)
BODIES = integer("BODIES", 16, 1)
WAITING = integer("WAITING", 64, 4)
PROBES_WAITING = 7
# Requests that wait for a response which another has made (aidapi.coalescing).
COALESCED = WAITING // 2
# Maximum seconds that a request waits, that a body takes (more for a large one), and that a
# client reads less than a kilobyte a second of its response.
WAIT_SECONDS = integer("WAIT_SECONDS", 10, 1)
BODY_SECONDS = integer("BODY_SECONDS", 15, 1)
WRITE_SECONDS = integer("WRITE_SECONDS", 30, 1)
# Spreadsheets have up to 10 MB.
BODY_BYTES = 12_000_000
# Reconciliation queries: a batch of 100 names and properties has some 20 kB.
QUERY_BYTES = 1_000_000
# Forms that readers send, and what their bodies may have: 2,000 letters, percent-encoded.
FORM_PATHS = r"/records/[^/]{1,60}/report/"
FORM_BYTES = 64_000
# A record of most figures, parties, links and milestones (records.models) has 7,000.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
# Maximum seconds that a stopping server waits for running requests.
DRAIN_SECONDS = integer("DRAIN_SECONDS", 30, 1)
# A thread for every request that may be open, and some for refusals and `/livez`.
SERVER_THREADS = (
    (THREADS + WAITING + COALESCED)
    + (ADMIN_THREADS + WAITING // 4)
    + (DOWNLOADS + BODIES)
    + (1 + PROBES_WAITING)
    + 8
)

# Each process reads what totals and coverage of the latest revision need, and starts what draws
# charts, when it starts, not when they are first requested.
LOAD_AT_START = boolean("LOAD_AT_START", True)
LOADER = "records.site.loading.load"

# Metrics are not secret, but not public in production by default.
METRICS = boolean("METRICS", not PRODUCTION)
# Where all processes count (prometheus_client's name); empty if each counts alone.
METRICS_FOLDER = env.str("PROMETHEUS_MULTIPROC_DIR", default="")

# --- Releases

# Where `make_release` writes releases, and the site serves them from.
RELEASES_DIR = env.str("RELEASES_DIR", default=str(BASE_DIR / "var" / "releases"))

# Who publishes them in the standards of the field: the prefix that the Open Contracting
# Partnership registers, and the identifier of a publisher in the IATI Registry.
OCDS_PREFIX = env.str("OCDS_PREFIX", default="ocds-aidapi")
if not re.fullmatch(r"ocds-[a-z0-9]{6}", OCDS_PREFIX):
    raise ImproperlyConfigured(f"OCDS_PREFIX={OCDS_PREFIX!r}: give a prefix such as ocds-213czf.")
IATI_PUBLISHER = env.str("IATI_PUBLISHER", default="AIDAPI")
if not re.fullmatch(r"[A-Za-z0-9._-]+", IATI_PUBLISHER):
    raise ImproperlyConfigured(
        f"IATI_PUBLISHER={IATI_PUBLISHER!r}: give an organisation identifier, as XM-DAC-41114."
    )

# --- Sources (check_sources)

# A service like https://archive.org/wayback/available, which is asked for archived copies.
ARCHIVE_API = env.str("ARCHIVE_API", default="")
if ARCHIVE_API and not re.fullmatch(r"https?://[^/?#\s@]+(/[^?#\s]*)?", ARCHIVE_API):
    raise ImproperlyConfigured(
        f"ARCHIVE_API={ARCHIVE_API!r}: give https://archive.org/wayback/available or the like."
    )
# Statements may name any address: only tests, whose server is here, ask inside networks.
ASK_PRIVATE_ADDRESSES = False

# --- Mail

# Notices of open work (send_notices). The value of EMAIL_URL is never shown: it may contain a
# password.
EMAIL_URL = env.str("EMAIL_URL", default="")
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="")
# Minimum time between two notices to one person.
NOTICE_HOURS = integer("NOTICE_HOURS", 12, 0)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_URL else 'dummy'}.EmailBackend"
EMAIL_TIMEOUT = 20
if EMAIL_URL:
    # Scheme → whether TLS begins by STARTTLS, whether at once, the port.
    MAIL_SCHEMES = {
        "smtp": (False, False, 25),
        "smtp+tls": (True, False, 587),
        "smtp+ssl": (False, True, 465),
    }
    try:
        MAIL_SERVER = urlsplit(EMAIL_URL)
        EMAIL_USE_TLS, EMAIL_USE_SSL, EMAIL_PORT = MAIL_SCHEMES[MAIL_SERVER.scheme]
        EMAIL_PORT = MAIL_SERVER.port or EMAIL_PORT
        EMAIL_HOST = MAIL_SERVER.hostname or ""
        if not EMAIL_HOST or MAIL_SERVER.path.strip("/") or MAIL_SERVER.query:
            raise ValueError
    except (ValueError, KeyError):
        raise ImproperlyConfigured(
            "EMAIL_URL cannot be read: give smtp+tls://user:password@host:587 (STARTTLS), "
            "smtp+ssl://user:password@host:465, or smtp://host:25 without encryption; in user and "
            "password write @, : and / as %40, %3A and %2F."
        ) from None
    EMAIL_HOST_USER = unquote(MAIL_SERVER.username or "")
    EMAIL_HOST_PASSWORD = unquote(MAIL_SERVER.password or "")
    if not re.fullmatch(r"[^@<>\r\n]*<?[^@\s<>]+@[^@\s<>]+>?", DEFAULT_FROM_EMAIL):
        raise ImproperlyConfigured(
            f"MAIL_FROM={DEFAULT_FROM_EMAIL!r}: with EMAIL_URL, give the address that mail comes "
            "from, such as AidAPI <aid@example.org>."
        )
    if not PUBLIC_URL:
        raise ImproperlyConfigured("Set PUBLIC_URL with EMAIL_URL: links in mail begin with it.")

# --- Logs

# To standard error, like those of the server. Django by default mails tracebacks.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": logs.configure(json=PRODUCTION)},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "filters": {"without_trace": {"()": lambda: logs.without_trace}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # Client errors get a response and no log entry; server errors are logged.
        "django.request": {"level": "ERROR"},
        # A wrong host is a client error: one line, no trace.
        "django.security.DisallowedHost": {"filters": ["without_trace"]},
        # Failed sign-ins are in the audit log.
        "axes": {"level": "ERROR"},
        "aidapi.requests": {"level": "INFO" if boolean("LOG_REQUESTS", PRODUCTION) else "WARNING"},
    },
}

# --- Security

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
# Of several sites of a host each has cookies of its own.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{SITE_PATH}/"
CSRF_FAILURE_VIEW = "accounts.site.csrf_failure"
MESSAGE_STORAGE = "accounts.messages.MessageStorage"
if PUBLIC_URL:
    # What a browser shows as the address, whatever host the proxy requests of this server.
    CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(PUBLIC_URL))]
if PRODUCTION:
    SECURE_SSL_REDIRECT = boolean("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = integer("SECURE_HSTS_SECONDS", 31_536_000, 0)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    if PUBLIC_URL.startswith("https://"):
        SECURE_SSL_HOST = urlsplit(PUBLIC_URL).netloc
    # The prefix keeps other hosts of the domain, and plain HTTP, from planting a cookie; below a
    # path browsers accept only the one that keeps plain HTTP from it.
    COOKIE_PREFIX = "__Secure-" if SITE_PATH else "__Host-"
    SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
    CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
    if boolean("BEHIND_PROXY", False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Health checks from the host use plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"(^|/)(livez|readyz|metrics)$"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- API

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["aidapi.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "aidapi.schema.Schema",
    "EXCEPTION_HANDLER": "aidapi.errors.exception_handler",
    # `format` is a parameter like any other, checked and documented by the parameter sets.
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "AidAPI",
    "VERSION": VERSION,
    "DESCRIPTION": (BASE_DIR / "openapi" / "description.md").read_text("utf-8"),
    "LICENSE": {
        "name": "CC BY 4.0",
        "url": "https://creativecommons.org/licenses/by/4.0/",
    },
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    # Operations are in the order of the routes, parameters in the order of their declaration.
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "aidapi.schema.tidy",
    ],
    # Every code list has a name of its own, so that a new one cannot rename another.
    "ENUM_NAME_OVERRIDES": {
        "Basis": "records.models.Basis",
        "ChangeAction": "records.models.Action",
        "ChangeKind": "records.api.resources.changes.KIND_CHOICES",
        "CodeConfidence": "records.models.HSCode.Confidence",
        "CodeMatcher": "records.models.HSCode.AssignedBy",
        "ContractMethod": "records.models.Contract.Method",
        "ContractStage": "records.models.Contract.Stage",
        "ContractMilestoneStage": "records.models.ContractMilestone.STAGES",
        "CountableReason": "records.models.CountableReason",
        "CountedPartyType": "records.models.COUNTED_TYPE",
        "Dated": "records.models.Dated",
        "DonationForm": "records.models.Donation.Form",
        "DonationMilestoneStage": "records.models.DonationMilestone.STAGES",
        "DonationStage": "records.models.Donation.Stage",
        "DonationStatedBy": "records.models.Donation.StatedBy",
        "ExportReportedBy": "records.models.Export.ReportedBy",
        "ExportTrade": "records.models.Export.Trade",
        "HSEdition": "records.models.HSCode.Edition",
        "IatiOrganisationType": "records.models.IatiType",
        "LinkType": "records.models.LinkType",
        "Measure": "records.models.Measure",
        "Operator": "records.models.Operator",
        "PartyRole": "records.models.PartyRole",
        "PartyType": "records.models.PartyType",
        "Precision": "records.models.Precision",
        "Rank": "records.models.Rank",
        "Region": "records.models.regions.REGION_CHOICES",
        "RecordKind": "records.api.views.coverage.KIND_CHOICES",
        "CountedKind": "records.api.resources.series.KIND_CHOICES",
        "RevisionOrigin": "records.models.Origin",
        "Unit": "records.models.Unit",
    },
}
