"""What allauth asks of us: which protocol to speak with a provider, and what comes of a sign-in.

Stricter than allauth with OpenID Connect: the signature of an id_token is always verified, it
has to hold this sign-in's nonce, and the userinfo has to be about the same person.
"""

from typing import Any, cast

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.dingtalk.views import DingTalkOAuth2Adapter
from allauth.socialaccount.providers.feishu.client import FeishuOAuth2Client
from allauth.socialaccount.providers.feishu.views import FeishuOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from jobs.services.single_sign_on import Identity
from jobs.views import single_sign_on


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Hands the protocol to allauth and everything after it to our own views."""

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> Any:
        """The configured provider, speaking our stricter protocol."""
        found = super().get_provider(request, provider, client_id)
        found.oauth2_adapter_class = PROTOCOLS.get(found.id, found.oauth2_adapter_class)
        return found

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Take over from allauth, which would now sign in or sign up by its own rules."""
        account = sociallogin.account
        identity = identity_of(account.provider, account.uid, account.extra_data)
        goal = sociallogin.state.get("next") or ""
        raise single_sign_on.Arrived(identity, goal)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **why: Any) -> None:
        """Answer with our own page; what the provider said may hold secrets and is not shown."""
        kind = why.get("exception") or why.get("error")
        raise ImmediateHttpResponse(single_sign_on.failed(request, provider.sub_id, kind))


class NonceClient(OAuth2Client):  # type: ignore[misc]
    """Sends a nonce along, which only this installation can make for this sign-in's state."""

    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: Any) -> str:
        """Where the browser goes."""
        params = {**extra_params, "nonce": nonce(self.state or "")}
        address: str = super().get_redirect_url(authorization_url, scope, params)
        return address


class OpenIDConnect(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """OpenID Connect, with nothing left to TLS that a signature can say."""

    client_class = NonceClient

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """The sign-in that the answer stands for. Raises OAuth2Error if it is not for us."""
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("no id_token")
        login = super().complete_login(request, app, token, **kwargs)
        told = login.account.extra_data
        if told["userinfo"].get("sub") != told["id_token"].get("sub"):
            raise OAuth2Error("userinfo of somebody else")
        return login

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        wanted = nonce(self.request.GET.get("state", ""))
        if not constant_time_compare(str(claims.get("nonce", "")), wanted):
            raise OAuth2Error("nonce")
        return claims


class DingTalk(DingTalkOAuth2Adapter):  # type: ignore[misc]
    """DingTalk names the organisation beside the token and not in the profile."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        own = configured("dingtalk")
        self.authorize_url = f"{own['LOGIN_SERVER']}/oauth2/auth"
        self.access_token_url = f"{own['API_SERVER']}/v1.0/oauth2/userAccessToken"
        self.profile_url = f"{own['API_SERVER']}/v1.0/contact/users/me"

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """The sign-in that the answer stands for."""
        login = super().complete_login(request, app, token, **kwargs)
        login.account.extra_data["corpId"] = kwargs["response"].get("corpId", "")
        return login


class FeishuClient(FeishuOAuth2Client):  # type: ignore[misc]
    """Asks as Feishu's pages say: all bodies are JSON, and the application's token is a header
    of the exchange. allauth sends a form, and the token in the body alone."""

    def app_access_token(self) -> str:
        """The application's own token. Raises OAuth2Error."""
        content = {"app_id": self.consumer_key, "app_secret": self.consumer_secret}
        return str(self._told(self.app_access_token_url, content)["app_access_token"])

    def get_access_token(self, code: str, pkce_code_verifier: str | None = None) -> Any:
        """The person's token, and who it is. Raises OAuth2Error."""
        own = self.app_access_token()
        content = {"grant_type": "authorization_code", "code": code, "app_access_token": own}
        return self._told(self.access_token_url, content, Authorization=f"Bearer {own}")["data"]

    def _told(self, address: str, content: dict[str, str], **headers: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.post(address, json=content, headers=headers)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        if told["code"] != 0:
            raise OAuth2Error(told["code"])
        return told


class Feishu(FeishuOAuth2Adapter):  # type: ignore[misc]
    """Feishu, or Lark, which is the same at another address."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.server = f"{configured('feishu')['SERVER']}/open-apis"
        self.access_token_url = f"{self.server}/authen/v1/access_token"
        self.user_info_url = f"{self.server}/authen/v1/user_info"

    @property
    def authorize_url(self) -> str:
        """Where the browser goes."""
        return f"{self.server}/authen/v1/index"

    def get_client(self, request: HttpRequest, app: Any) -> FeishuClient:
        """The client that speaks for this application."""
        allauths = super().get_client(request, app)
        client = FeishuClient(
            request,
            app.client_id,
            app.secret,
            self.access_token_method,
            self.access_token_url,
            allauths.callback_url,
        )
        client.app_access_token_url = f"{self.server}/auth/v3/app_access_token/internal"
        return client


PROTOCOLS = {"openid_connect": OpenIDConnect, "dingtalk": DingTalk, "feishu": Feishu}


def configured(provider: str) -> dict[str, Any]:
    """What the settings say of the provider."""
    providers: dict[str, Any] = settings.SOCIALACCOUNT_PROVIDERS
    return cast(dict[str, Any], providers[provider])


def nonce(state: str) -> str:
    """Bound to the state, which is bound to the browser's session."""
    return salted_hmac("jobs.single-sign-on.nonce", state, algorithm="sha256").hexdigest()


def identity_of(provider: str, uid: str, told: dict[str, Any]) -> Identity:
    """What counts of what the provider told. Only OpenID Connect says that an address is
    verified; DingTalk and Feishu name the organisation instead, which counts as a group."""
    if provider == "dingtalk":
        groups = frozenset(filter(None, [told.get("corpId")]))
        return Identity(provider, uid, str(told.get("nick", "")), groups=groups)
    if provider == "feishu":
        groups = frozenset(filter(None, [told.get("tenant_key")]))
        return Identity(provider, uid, str(told.get("name", "")), groups=groups)
    claims = told["userinfo"] | told["id_token"]
    listed = claims.get(settings.SSO_OIDC_GROUPS_CLAIM)
    groups = frozenset(map(str, listed)) if isinstance(listed, list) else frozenset()
    email = str(claims.get("email", "")).lower() if claims.get("email_verified") is True else ""
    return Identity(provider, uid, str(claims.get("name", "")), email, groups)
