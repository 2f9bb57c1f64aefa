"""An OpenID Connect provider on this machine: one person, who always agrees; and what a bad one does."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "florin", "a secret of the test"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """The provider: `claims` is who is there, and the rest what it does wrong."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.claims: dict[str, Any] = {
            "sub": "person-1",
            "email": "ida@example.org",
            "email_verified": True,
            "name": "Ida Example",
        }
        self.token: dict[str, Any] = {}  # claims of the identity token that differ
        self.userinfo: dict[str, Any] = {}  # and of the other answer
        self.broken: dict[str, int] = {}  # paths that answer with a status of their own
        self.without_token = False
        self.asked: dict[str, dict[str, str]] = {}  # what each code was given for
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop it."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    def agree(self, url: str) -> str:
        """Do as the person does who is led to `url`: agree; answers where they are led back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, path: str, body: dict[str, str]) -> tuple[int, Any]:
        """Answer a call by its path."""
        if path in self.broken:
            return self.broken[path], {"error": "broken"}
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/jwks":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            return 200, {"keys": [{**public, "kid": "k", "alg": "RS256"}]}
        if path == "/token":
            return self._token(body)
        if path == "/userinfo":
            return 200, {**self.claims, **self.userinfo}
        return 404, {}

    def _token(self, body: dict[str, str]) -> tuple[int, Any]:
        asked = self.asked.pop(body.get("code", ""), None)
        digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or (body["client_id"], body["client_secret"]) != (CLIENT, SECRET)
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != body["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked.get("nonce")}
        token = jwt.encode(
            {**claims, **self.claims, **self.token}, KEY, algorithm="RS256", headers={"kid": "k"}
        )
        answer = {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300}
        return 200, answer if self.without_token else {**answer, "id_token": token}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.agree(self.path))
                self.end_headers()
            else:
                self._send(*provider.answer(path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(*provider.answer(self.path, {name: one[0] for name, one in parse_qs(body).items()}))

        def _send(self, status: int, body: Any) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_words: Any) -> None:
            """Stay quiet."""

    return Handler


def settings_for(url: str) -> dict[str, Any]:
    """Write the settings that the variables of this provider make."""
    app = {
        "provider_id": "sso",
        "name": "Example ID",
        "client_id": CLIENT,
        "secret": SECRET,
        "settings": {"server_url": url},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
