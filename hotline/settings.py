"""Where things are: read once from the environment, the same in every process."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

CITY = Path(__file__).parent / "city"


@dataclass(frozen=True)
class Settings:
    """All settings of a process. Addresses left empty mean the embedded default that `hotline up` starts."""

    data: Path = field(default_factory=lambda: Path(os.environ.get("HOTLINE_DATA", "var")).resolve())
    database_url: str = field(default_factory=lambda: os.environ.get("DATABASE_URL", ""))
    redis_url: str = field(default_factory=lambda: os.environ.get("REDIS_URL", ""))
    elasticsearch_url: str = field(default_factory=lambda: os.environ.get("ELASTICSEARCH_URL", ""))
    profile: str = field(default_factory=lambda: os.environ.get("HOTLINE_PROFILE", "henan"))
    demo: bool = field(default_factory=lambda: os.environ.get("HOTLINE_DEMO", "") == "1")

    @property
    def secret_file(self) -> Path:
        """The master secret; everything that must not be lost depends on it."""
        return Path(os.environ.get("HOTLINE_SECRET_FILE", "") or self.data / "secret")

    def database(self) -> str:
        """SQLAlchemy's address of PostgreSQL."""
        url = self.database_url or f"postgresql:///hotline?host={self.data / 'run'}&user=postgres"
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    def redis(self) -> str:
        """Address of Redis, redis:// or unix://."""
        return self.redis_url or f"unix://{self.data / 'run' / 'redis.sock'}"

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
