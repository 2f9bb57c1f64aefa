"""The keys that sign access tokens: a shared secret (HS…), or a private key in PEM (RS…, ES…)."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.exceptions import ImproperlyConfigured

# RFC 7518, section 3.2: a shared secret is at least as long as the hash
SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
RSA = ("RS256", "RS384", "RS512")
RSA_BITS = 2048
CURVES: dict[str, type[ec.EllipticCurve]] = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1}
ALGORITHMS = (*SECRET_BYTES, *RSA, *CURVES)


@dataclass(frozen=True, slots=True)
class JwtKeys:
    """What signs an access token and what verifies it; `verifying` is empty for a shared secret."""

    algorithm: str
    signing: str = field(repr=False)
    verifying: str = ""


def jwt_keys(*, algorithm: str, key: str, default: str, production: bool) -> JwtKeys:
    """Read the settings of access tokens; without a `key` a shared secret is the `default`.

    Raises:
        ImproperlyConfigured: says which variable is wrong and what it must be.
    """
    if algorithm not in ALGORITHMS:
        raise ImproperlyConfigured(
            f"JWT_ALGORITHM is {algorithm!r}, which Florin does not sign with: use one of "
            f"{', '.join(ALGORITHMS)}."
        )
    if algorithm in SECRET_BYTES:
        return JwtKeys(algorithm, _secret(algorithm, key or default, production=production))
    # a variable in one line writes the line ends of PEM as \n
    pem = key.replace("\\n", "\n")
    return JwtKeys(algorithm, pem, _public(algorithm, pem))


def _secret(algorithm: str, secret: str, *, production: bool) -> str:
    needed = SECRET_BYTES[algorithm]
    if production and len(secret.encode()) < needed:
        raise ImproperlyConfigured(
            f"JWT_SECRET_KEY (or else SECRET_KEY) has {len(secret.encode())} bytes; {algorithm} "
            f"in production needs {needed} or more, random ones."
        )
    return secret


def _public(algorithm: str, pem: str) -> str:
    """Tell the public half of a private key that fits the algorithm."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ImproperlyConfigured(
            f"JWT_ALGORITHM {algorithm} needs a private key in PEM, without a password, in JWT_SECRET_KEY."
        ) from error
    curve = CURVES.get(algorithm)
    if curve is None:
        fits = isinstance(key, rsa.RSAPrivateKey) and key.key_size >= RSA_BITS
    else:
        fits = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, curve)
    if not fits:
        what = f"an RSA key of {RSA_BITS} bits or more" if curve is None else f"a key on {curve.name}"
        raise ImproperlyConfigured(f"JWT_ALGORITHM {algorithm} needs {what} in JWT_SECRET_KEY.")
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public.decode()
