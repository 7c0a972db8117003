"""
Signs in at a user pool with AWS's own SDK, and reads its tokens with joserfc. Neither knows the runtime.

    sign_in.py <URL of the pool> <client id> <client secret> <user> <password>

Prints the claims of the ID token and of the access token, by password and then by the refresh token, as JSON.
"""

import base64
import hashlib
import hmac
import json
import sys
from urllib.request import urlopen

import boto3
from joserfc import jwk, jwt

JWKS = "/eu-west-1_Emulated1/.well-known/jwks.json"


def main() -> None:
    url, client_id, secret, user, password = sys.argv[1:]
    digest = hmac.new(secret.encode(), f"{user}{client_id}".encode(), hashlib.sha256).digest()
    keys = jwk.KeySet.import_key_set(json.load(urlopen(url + JWKS)))
    cognito = boto3.client(
        "cognito-idp",
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )

    def tokens(flow: str, **parameters: str) -> dict:
        parameters["SECRET_HASH"] = base64.b64encode(digest).decode()
        answer = cognito.initiate_auth(AuthFlow=flow, ClientId=client_id, AuthParameters=parameters)
        return answer["AuthenticationResult"]

    first = tokens("USER_PASSWORD_AUTH", USERNAME=user, PASSWORD=password)
    second = tokens("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=first["RefreshToken"])
    found = [
        [jwt.decode(one[name], keys).claims for name in ("IdToken", "AccessToken")] for one in (first, second)
    ]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
