"""Signed links and the lifecycle rule, of which the emulator knows nothing: checked by what is signed and sent.

The emulator serves every link, signed or not, and keeps a lifecycle rule without ever applying it.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Flask
from google.cloud.storage import Client
from tests.contracts.storage.conftest import BUCKET
from tests.contracts.storage.faulty import FaultyProxy, Request

from oriel.errors import StorageFailed
from oriel.infra.storage import init_storage, open_storage, storage
from oriel.infra.storage.bucket import BucketStorage
from oriel.infra.storage.folder import FolderStorage
from oriel.settings import Settings

ACCOUNT = "videos@example.iam.gserviceaccount.com"
TEN_MINUTES = timedelta(minutes=10)
RULE: dict[str, dict[str, Any]] = {
    "action": {"type": "Delete"},
    "condition": {"age": 32, "matchesPrefix": ["uploads/", "videos/"]},
}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """A key that no account has."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def key_file(key: rsa.RSAPrivateKey, tmp_path: Path) -> Path:
    """A service account's key file, as Google's console hands it out."""
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    content = {
        "type": "service_account",
        "project_id": "example",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": ACCOUNT,
        "token_uri": "http://127.0.0.1:1/token",
    }
    path = tmp_path / "key.json"
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def signing(key_file: Path) -> Iterator[BucketStorage]:
    """The bucket of settings with a key file."""
    opened = open_storage(Settings(_env_file=None, gcs_bucket_name=BUCKET, google_application_credentials=key_file))
    assert isinstance(opened, BucketStorage)
    with contextlib.closing(opened):
        yield opened


def link(bucket: BucketStorage, filename: str = "song.mp4", expires_in: timedelta = TEN_MINUTES) -> str:
    signed = bucket.signed_url("r/1/a.mp4", filename=filename, content_type="video/mp4", expires_in=expires_in)
    assert signed
    return signed


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_link_leads_to_one_object(signing: BucketStorage) -> None:
    url = urlsplit(link(signing))
    assert (url.scheme, url.netloc, url.path) == ("https", "storage.googleapis.com", f"/{BUCKET}/r/1/a.mp4")


def test_a_link_is_valid_from_now_for_as_long_as_asked(signing: BucketStorage) -> None:
    signed = query(link(signing))
    begins = datetime.strptime(signed["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs(begins - datetime.now(UTC)) < timedelta(minutes=1)
    assert signed["X-Goog-Expires"] == "600"


def test_a_link_is_signed_for_reading_with_the_accounts_key(signing: BucketStorage, key: rsa.RSAPrivateKey) -> None:
    url = urlsplit(link(signing))
    asked = url.query.rpartition("&X-Goog-Signature=")[0]
    signed = query(url.geturl())
    day = signed["X-Goog-Date"][:8]
    scope = f"{day}/auto/storage/goog4_request"
    assert signed["X-Goog-Credential"] == f"{ACCOUNT}/{scope}"
    assert signed["X-Goog-SignedHeaders"] == "host"
    # https://cloud.google.com/storage/docs/authentication/canonical-requests
    canonical = "\n".join(["GET", url.path, asked, f"host:{url.netloc}", "", "host", "UNSIGNED-PAYLOAD"])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["GOOG4-RSA-SHA256", signed["X-Goog-Date"], scope, digest])
    signature = bytes.fromhex(signed["X-Goog-Signature"])
    key.public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_a_link_saves_under_the_customers_name(signing: BucketStorage) -> None:
    signed = query(link(signing, filename="Здравствуй.mp4"))
    assert signed["response-content-type"] == "video/mp4"
    exact = quote("Здравствуй.mp4")
    assert signed["response-content-disposition"] == f"attachment; filename=\"download.mp4\"; filename*=UTF-8''{exact}"


@pytest.mark.parametrize("expires_in", [timedelta(), timedelta(days=7, seconds=1)])
def test_a_link_that_google_would_not_honour_is_refused(signing: BucketStorage, expires_in: timedelta) -> None:
    with pytest.raises(ValueError, match="seven days"):
        link(signing, expires_in=expires_in)


def test_without_a_key_no_link_is_signed(bucket: BucketStorage) -> None:
    with pytest.raises(StorageFailed, match="key file"):
        link(bucket)


def test_a_folder_has_files_in_place_of_links(folder: FolderStorage, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    folder.put("r/a", tmp_path / "a", content_type="video/mp4")
    assert folder.signed_url("r/a", filename="a", content_type="video/mp4", expires_in=TEN_MINUTES) is None
    path = folder.path("r/a")
    assert path
    assert path.read_bytes() == b"content"
    assert folder.path("r") is None
    assert folder.path("r/b") is None


def test_a_bucket_has_no_files(bucket: BucketStorage) -> None:
    assert bucket.path("r/a") is None


def rules(proxy: FaultyProxy) -> list[dict[str, Any]]:
    answer = proxy.ask(Request("GET", f"/storage/v1/b/{BUCKET}", {"host": "emulator"}))
    found: list[dict[str, Any]] = json.loads(answer.partition(b"\r\n\r\n")[2])["lifecycle"]["rule"]
    return found


def test_the_rule_deletes_below_the_prefixes_alone(proxy: FaultyProxy, bucket: BucketStorage) -> None:
    assert bucket.ensure_lifecycle(32, ["videos/", "uploads/"])
    assert rules(proxy) == [RULE]
    [sent] = proxy.asked("PATCH")
    assert json.loads(sent.body) == {"lifecycle": {"rule": [RULE]}}
    assert re.fullmatch(r"\d+", sent.query["ifMetagenerationMatch"])


def test_a_rule_that_is_there_is_left_alone(proxy: FaultyProxy, bucket: BucketStorage) -> None:
    bucket.ensure_lifecycle(32, ["videos/", "uploads/"])
    assert not bucket.ensure_lifecycle(32, ["uploads/", "videos/"])
    assert len(proxy.asked("PATCH")) == 1


def test_our_older_rule_is_replaced_and_those_of_others_stay(proxy: FaultyProxy, bucket: BucketStorage) -> None:
    others = [
        {"action": {"type": "SetStorageClass", "storageClass": "COLDLINE"}, "condition": {"age": 90}},
        {"action": {"type": "Delete"}, "condition": {"age": 1, "matchesPrefix": ["logs/"]}},
    ]
    ours = {**RULE, "condition": {**RULE["condition"], "age": 7}}
    body = json.dumps({"lifecycle": {"rule": [*others, ours]}}).encode()
    path = f"/storage/v1/b/{BUCKET}"
    proxy.ask(Request("PATCH", path, {"host": "emulator", "content-type": "application/json"}, body))
    assert bucket.ensure_lifecycle(32, ["uploads/", "videos/"])
    assert rules(proxy) == [*others, RULE]


def test_a_rule_of_ours_for_more_prefixes_goes(proxy: FaultyProxy, bucket: BucketStorage) -> None:
    bucket.ensure_lifecycle(32, ["videos/", "uploads/", "chunks/"])
    assert bucket.ensure_lifecycle(32, ["videos/", "chunks/"])
    assert [rule["condition"]["matchesPrefix"] for rule in rules(proxy)] == [["chunks/", "videos/"]]


@pytest.mark.parametrize("prefixes", [[""], ["videos"], []])
def test_a_rule_for_the_whole_bucket_is_refused(bucket: BucketStorage, prefixes: list[str]) -> None:
    with pytest.raises(ValueError, match=r"slash|prefix"):
        bucket.ensure_lifecycle(32, prefixes)


def test_a_rule_of_a_bucket_that_is_not_there_is_told(proxy: FaultyProxy, bucket: BucketStorage) -> None:
    missing = BucketStorage(Client(project="<none>"), "another-bucket")
    with contextlib.closing(missing), pytest.raises(StorageFailed):
        missing.ensure_lifecycle(32, ["videos/"])


def test_the_emulator_is_reached_by_its_variable_alone(
    proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
    opened = open_storage(Settings(_env_file=None, gcs_bucket_name=BUCKET))
    assert isinstance(opened, BucketStorage)
    with contextlib.closing(opened):
        (tmp_path / "a").write_bytes(b"123456789")
        assert opened.put("a", tmp_path / "a", content_type="text/plain").crc32c == "4waSgw=="


def test_without_a_bucket_there_is_a_folder(tmp_path: Path) -> None:
    opened = open_storage(Settings(_env_file=None, data_dir=tmp_path))
    (tmp_path / "a").write_bytes(b"123456789")
    opened.put("r/a", tmp_path / "a", content_type="text/plain")
    assert (tmp_path / "storage" / "r" / "a").read_bytes() == b"123456789"


def test_an_application_has_one_storage(tmp_path: Path) -> None:
    app = Flask("keeper")
    init_storage(app, Settings(_env_file=None, data_dir=tmp_path))
    with app.app_context():
        first = storage()
    with app.app_context():
        assert storage() is first
