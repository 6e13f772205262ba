"""What the example for nginx settles about TLS and about requests without it."""

import re
from pathlib import Path

import pytest

_CONF = (Path(__file__).parents[3] / "deploy/nginx.conf").read_text("utf-8")
PLAIN, TLS = (part for part in _CONF.split("\nserver {")[1:])


def test_only_tls_1_2_and_1_3_with_forward_secrecy_are_spoken() -> None:
    versions = re.search(r"ssl_protocols +(.*);", TLS)
    ciphers = re.search(r"ssl_ciphers +(.*);", TLS)
    assert versions
    assert ciphers
    assert versions[1].split() == ["TLSv1.2", "TLSv1.3"]
    assert all(re.search(r"^ECDHE-.*(GCM|CHACHA20)", cipher) for cipher in ciphers[1].split(":"))


def test_without_tls_the_api_is_refused_and_a_page_leads_to_https() -> None:
    assert re.search(r"location /api/ \{[^}]*return 403 ", PLAIN)
    # Not to the host that the caller names.
    assert "return 308 https://oriel.example.com$request_uri;" in PLAIN
    assert "proxy_pass" not in PLAIN


@pytest.mark.parametrize(
    "line",
    [
        'add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;',
        "server_tokens off;",
        "large_client_header_buffers 4 8k;",
        "client_header_timeout 10s;",
        "proxy_set_header X-Forwarded-For   $remote_addr;",
    ],
)
def test_the_proxy_bounds_headers_and_says_who_calls(line: str) -> None:
    assert line in TLS
