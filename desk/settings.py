"""Settings that every process reads from the environment; `.env.example` explains each."""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Ports, addresses, accounts and bounds. Times are seconds."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore", env_ignore_empty=True)

    # where things lie
    database_url: str = Field(f"sqlite:///{ROOT}/var/frontdesk.db", validation_alias="DATABASE_URL")
    department: Path = Field(ROOT / "department", validation_alias="FRONTDESK_DEPARTMENT")
    state_folder: Path = Field(ROOT / "var", validation_alias="FRONTDESK_STATE")
    tracker_url: str = Field(
        f"sqlite:///{ROOT}/var/tracker.db", validation_alias="FRONTDESK_TRACKER_URL"
    )

    # whether the console deletes daily what department/retention.yml says is due
    retention_daily: bool = Field(True, validation_alias="FRONTDESK_RETENTION_DAILY")

    # who listens where
    host: str = Field("127.0.0.1", validation_alias="FRONTDESK_HOST")
    gateway_port: int = Field(8000, validation_alias="GATEWAY_PORT")
    console_port: int = Field(8001, validation_alias="CONSOLE_PORT")
    rasa_port: int = Field(5005, validation_alias="RASA_PORT")
    actions_port: int = Field(5055, validation_alias="ACTIONS_PORT")
    simulator_port: int = Field(8002, validation_alias="SIMULATOR_PORT")
    public_url: str = Field("", validation_alias="FRONTDESK_PUBLIC_URL")
    # one address, or several, comma-separated: when one refuses, the next is asked
    rasa_url: str = Field("", validation_alias="RASA_URL")
    actions_url: str = Field("", validation_alias="ACTIONS_URL")
    rasa_model: str = Field("", validation_alias="RASA_MODEL")  # the file that has to be loaded

    # Twilio
    twilio_account_sid: str = Field("", validation_alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr = Field(SecretStr(""), validation_alias="TWILIO_AUTH_TOKEN")
    twilio_from: str = Field("", validation_alias="TWILIO_FROM")
    twilio_rate: float = Field(1.0, validation_alias="TWILIO_RATE", gt=0)
    whatsapp_rate: float = Field(80.0, validation_alias="WHATSAPP_RATE", gt=0)
    twilio_api_url: str = Field("https://api.twilio.com", validation_alias="TWILIO_API_URL")

    # Messenger
    messenger_app_secret: SecretStr = Field(SecretStr(""), validation_alias="MESSENGER_APP_SECRET")
    messenger_page_token: SecretStr = Field(SecretStr(""), validation_alias="MESSENGER_PAGE_TOKEN")
    messenger_page_id: str = Field("", validation_alias="MESSENGER_PAGE_ID")
    messenger_verify_token: SecretStr = Field(
        SecretStr(""), validation_alias="MESSENGER_VERIFY_TOKEN"
    )
    graph_api_url: str = Field("https://graph.facebook.com", validation_alias="GRAPH_API_URL")
    graph_api_version: str = Field("v24.0", validation_alias="GRAPH_API_VERSION")

    # a geocoder for addresses that the department's places do not hold: none, or somebody else's
    geocoder: Literal["", "census", "nominatim"] = Field("", validation_alias="GEOCODER")
    geocoder_url: str = Field("", validation_alias="GEOCODER_URL")

    # secrets between our own processes, and for signing
    secret_key: SecretStr = Field(SecretStr(""), validation_alias="FRONTDESK_SECRET_KEY")
    internal_token: SecretStr = Field(SecretStr(""), validation_alias="FRONTDESK_INTERNAL_TOKEN")

    # what Prometheus brings along; without it there are no metrics
    metrics_token: SecretStr = Field(SecretStr(""), validation_alias="METRICS_TOKEN")

    # space-separated: secrets that sealed audit entries before the present one
    secret_keys_before: SecretStr = Field(
        SecretStr(""), validation_alias="FRONTDESK_SECRET_KEYS_BEFORE"
    )

    # bounds
    rasa_timeout: float = Field(4.0, validation_alias="RASA_TIMEOUT", gt=0, le=60)
    provider_timeout: float = Field(10.0, validation_alias="PROVIDER_TIMEOUT", gt=0, le=60)

    look_up_after: float = Field(5.0, validation_alias="FRONTDESK_LOOK_UP_AFTER", gt=0)
    reply_expires: float = Field(1800.0, validation_alias="FRONTDESK_REPLY_EXPIRES", gt=0)
    staff_expires: float = Field(86400.0, validation_alias="FRONTDESK_STAFF_EXPIRES", gt=0)
    loop_limit: int = Field(10, validation_alias="FRONTDESK_LOOP_LIMIT", ge=1)

    # local mode: the simulator plays the providers, the demo website and demo sign-in exist
    local: bool = Field(False, validation_alias="FRONTDESK_LOCAL")
    demo_password: SecretStr = Field(SecretStr(""), validation_alias="FRONTDESK_DEMO_PASSWORD")

    def chat_url(self, *, start: str) -> str:
        """Where the website's chat opens with a one-time link's token."""
        base = self.public_url.rstrip("/") or f"http://{self.host}:{self.gateway_port}"
        return f"{base}/chat?start={start}"


def addresses(listed: str) -> tuple[str, ...]:
    """The base addresses in a comma-separated setting: of several that do the same."""
    return tuple(one.strip().rstrip("/") for one in listed.split(",") if one.strip())


@cache
def settings() -> Settings:
    """The settings of this process, read once. Raises pydantic.ValidationError if one is broken."""
    return Settings()  # type: ignore[call-arg]


def new_secret() -> str:
    """A random secret of 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)
