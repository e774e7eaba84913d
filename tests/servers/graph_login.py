"""The sign-in side of the loopback server: discovery and the token endpoint for client credentials."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.servers.graph_wire import Reply, Request

CLIENT = "11111111-2222-3333-4444-555555555555"
TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SECRET = "s3cr~t.Value-never-shown+1"
EXPIRED = "this~one-expired"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Login:
    """One tenant with one application. ``valid``: the access tokens that Graph takes now."""

    base: str
    valid: set[str] = field(default_factory=set)
    issued: list[str] = field(default_factory=list)
    certificate: x509.Certificate | None = None
    assertions: int = 0

    def answer(self, request: Request) -> Reply:
        tenant, _, rest = request.path.strip("/").partition("/")
        if tenant != TENANT:
            return _refused(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found. Check the tenant id.")
        if (request.method, rest) == ("GET", "v2.0/.well-known/openid-configuration"):
            return Reply(200, json.dumps(self._discovery()).encode())
        if (request.method, rest) == ("POST", "oauth2/v2.0/token"):
            return self._token(request)
        return Reply(404, b"{}")

    def _discovery(self) -> dict[str, object]:
        return {
            "issuer": f"{self.base}/{TENANT}/v2.0",
            "authorization_endpoint": f"{self.base}/{TENANT}/oauth2/v2.0/authorize",
            "token_endpoint": f"{self.base}/{TENANT}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        }

    def _token(self, request: Request) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode("ascii"), strict_parsing=True).items()}
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", 70003, "The grant type is not supported.")
        if form.get("client_id") != CLIENT:
            return _refused(400, "unauthorized_client", 700016, f"Application '{form.get('client_id')}' was not found.")
        if form.get("scope") != f"{self.base}/.default":
            return _refused(400, "invalid_scope", 70011, f"The scope {form.get('scope')} is not valid.")
        fault = self._assertion_fault(form) if "client_assertion" in form else self._secret_fault(form)
        if fault:
            return fault
        token = f"access.token.number.{len(self.issued)}.of-the-test"
        self.issued.append(token)
        self.valid.add(token)
        return Reply(200, json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": token}).encode())

    def _secret_fault(self, form: dict[str, str]) -> Reply | None:
        given = form.get("client_secret")
        if given == EXPIRED:
            return _refused(
                401, "invalid_client", 7000222, f"The provided client secret keys for app '{CLIENT}' expired."
            )
        if given != SECRET:
            # The real service does not repeat the secret; this one does, so that nobody passes its words on.
            return _refused(401, "invalid_client", 7000215, f"Invalid client secret provided: {given}.")
        return None

    def _assertion_fault(self, form: dict[str, str]) -> Reply | None:
        assert self.certificate is not None, "the test registered no certificate"
        if form.get("client_assertion_type") != ASSERTION or "client_secret" in form:
            return _refused(400, "invalid_request", 900144, "The assertion's type is missing.")
        thumbprint = urlsafe_b64encode(self.certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
        try:
            header = jwt.get_unverified_header(form["client_assertion"])
            claims = jwt.decode(
                form["client_assertion"],
                key=self.certificate.public_key(),  # type: ignore[arg-type]
                algorithms=["PS256"],
                audience=f"{self.base}/{TENANT}/oauth2/v2.0/token",
                issuer=CLIENT,
                options={"require": ["exp", "iss", "sub", "jti", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            return _refused(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")
        except jwt.InvalidTokenError as error:
            return _refused(401, "invalid_client", 700027, f"Client assertion failed signature validation: {error}.")
        if header.get("x5t#S256", "").rstrip("=") != thumbprint or claims["sub"] != CLIENT:
            return _refused(401, "invalid_client", 700027, "The certificate is not registered on the application.")
        self.assertions += 1
        return None


def _refused(status: int, error: str, code: int, words: str) -> Reply:
    body = {
        "error": error,
        "error_description": f"AADSTS{code}: {words} Trace ID: 0 Correlation ID: 0 Timestamp: 2020-01-31 12:00:00Z",
        "error_codes": [code],
    }
    return Reply(status, json.dumps(body).encode())
