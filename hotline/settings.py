"""Where things are: read once from the environment, the same in every process."""

import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_SOCKET_FOLDER = 90
ROOT = Path(__file__).resolve().parent.parent  # of the checkout; where packages are installed it is theirs
HOME = ROOT if (ROOT / "pyproject.toml").exists() else Path.cwd()  # an installed package keeps its data where it is run
CITY = Path(__file__).parent / "city"


@dataclass(frozen=True)
class Settings:
    """All settings of a process. Addresses left empty mean the embedded default that `hotline up` starts."""

    data: Path = field(default_factory=lambda: Path(os.environ.get("HOTLINE_DATA", "") or HOME / "var").resolve())
    database_url: str = field(default_factory=lambda: os.environ.get("DATABASE_URL", ""))
    redis_url: str = field(default_factory=lambda: os.environ.get("REDIS_URL", ""))
    elasticsearch_url: str = field(default_factory=lambda: os.environ.get("ELASTICSEARCH_URL", ""))
    profile: str = field(default_factory=lambda: os.environ.get("HOTLINE_PROFILE", "henan"))
    sms_url: str = field(default_factory=lambda: os.environ.get("HOTLINE_SMS_URL", ""))
    sms_key: str = field(default_factory=lambda: os.environ.get("HOTLINE_SMS_KEY", ""), repr=False)
    smtp_url: str = field(default_factory=lambda: os.environ.get("HOTLINE_SMTP_URL", ""), repr=False)
    public_url: str = field(default_factory=lambda: os.environ.get("HOTLINE_URL", ""))
    proxies: str = field(default_factory=lambda: os.environ.get("HOTLINE_PROXIES", ""))
    upload_mb: int = field(default_factory=lambda: int(os.environ.get("HOTLINE_UPLOAD_MB", "10")))
    uploads: int = field(default_factory=lambda: int(os.environ.get("HOTLINE_UPLOADS", "9")))
    upload_kinds: str = field(default_factory=lambda: os.environ.get("HOTLINE_UPLOAD_KINDS", "picture,pdf,office"))
    case_months: int = field(default_factory=lambda: int(os.environ.get("HOTLINE_CASE_MONTHS", "60")))
    demo: bool = field(default_factory=lambda: os.environ.get("HOTLINE_DEMO", "") == "1")

    @property
    def secret_file(self) -> Path:
        """The master secret; everything that must not be lost depends on it."""
        return Path(os.environ.get("HOTLINE_SECRET_FILE", "") or self.data / "secret")

    def database(self) -> str:
        """SQLAlchemy's address of PostgreSQL."""
        url = self.database_url or self._embedded_database()
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    def _embedded_database(self) -> str:
        """The server under `data` says in its pid file where its socket is. RuntimeError when it does not run."""
        note = self.postgres / "postmaster.pid"
        if not note.exists():
            raise RuntimeError(f"数据库没有运行（{self.postgres}）：请先执行 hotline up，或设置 DATABASE_URL")
        return f"postgresql://postgres@/hotline?host={note.read_text(encoding='utf-8').splitlines()[4]}"

    @property
    def postgres(self) -> Path:
        """Folder of the embedded PostgreSQL."""
        return self.data / "postgres"

    @property
    def search_note(self) -> Path:
        """Where the search node that `hotline up` started says its address."""
        return self.data / "elasticsearch.url"

    @property
    def drill_note(self) -> Path:
        """Where a drilled system says where its clock is."""
        return self.data / "drill"

    @property
    def run(self) -> Path:
        """Folder of sockets; a short one elsewhere when `data` is too deep for the length of a socket's path."""
        inside = self.data / "run"
        if len(str(inside)) <= _LONGEST_SOCKET_FOLDER:
            return inside
        return Path(tempfile.gettempdir()) / f"hotline-{hashlib.sha256(str(inside).encode()).hexdigest()[:12]}"

    def redis(self) -> str:
        """Address of Redis, redis:// or unix://."""
        return self.redis_url or f"unix://{self.run / 'redis.sock'}"

    def broker(self) -> str:
        """The same Redis in Celery's spelling."""
        return self.redis().replace("unix://", "redis+socket://", 1)

    def secret(self) -> bytes:
        """The master secret, made at first use with mode 600."""
        if not self.secret_file.exists():
            self.secret_file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.secret_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32) + "\n")
        return bytes.fromhex(self.secret_file.read_text(encoding="ascii").strip())
