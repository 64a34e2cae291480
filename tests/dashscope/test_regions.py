import pytest

from jobs.dashscope import BEIJING, REGIONS, SINGAPORE, region_of
from jobs.dashscope.client import Client
from tests.dashscope.examples import KEY, PATIENT


def test_the_regions_are_the_two_that_the_vendor_documents():
    assert {region.name: region.base_url for region in REGIONS} == {
        "beijing": "https://dashscope.aliyuncs.com",
        "singapore": "https://dashscope-intl.aliyuncs.com",
    }


@pytest.mark.parametrize(
    ("base_url", "region"),
    [
        ("https://dashscope.aliyuncs.com", BEIJING),
        ("https://DashScope.aliyuncs.com:443/", BEIJING),
        ("https://dashscope-intl.aliyuncs.com", SINGAPORE),
        ("https://dashscope.aliyuncs.com.example", None),
        ("http://127.0.0.1:8001", None),
    ],
)
def test_an_address_belongs_to_the_region_of_its_host(base_url, region):
    assert region_of(base_url) == region


@pytest.mark.parametrize(
    "base_url",
    [
        "https://dashscope.aliyuncs.com",
        "https://dashscope.aliyuncs.com/",
        "https://proxy.internal:8443",
        "http://localhost:8001",
        "http://127.0.0.1",
        "http://127.9.9.9:1",
        "http://[::1]:8001",
    ],
)
def test_a_key_may_go_over_https_or_to_this_machine(base_url):
    with Client(base_url=base_url, api_key=KEY, timeouts=PATIENT) as client:
        assert repr(client) == f"<Client of {base_url.rstrip('/')}>"


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "dashscope.aliyuncs.com",
        "http://dashscope.aliyuncs.com",
        "http://10.0.0.1",
        "http://0.0.0.0:8000",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:hunter2@dashscope.aliyuncs.com",
        "https://hunter2@dashscope.aliyuncs.com",
        "https://good\\@evil",
        "https://dashscope.aliyuncs.com/api/v1",
        "https://dashscope.aliyuncs.com?x=1",
        "https://dashscope.aliyuncs.com#x",
        "https://dashscope.aliyuncs.com:0",
        "https://dashscope.aliyuncs.com:99999",
        "https://dash\nscope.aliyuncs.com",
        " https://dashscope.aliyuncs.com",
        "https://dashscope.aliyuncs.com\n",
        "https://dаshscope.aliyuncs.com",
        "https://[::1",
        "https://[zz]",
        "https://[:::::]",
    ],
)
def test_a_key_goes_nowhere_else(base_url):
    with pytest.raises(ValueError, match=r"base URL|https") as caught:
        Client(base_url=base_url, api_key=KEY, timeouts=PATIENT)

    assert "hunter2" not in str(caught.value)
