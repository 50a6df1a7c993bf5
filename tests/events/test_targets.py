"""What a webhook's URL may be, and where it leads."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address, ip_network
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.networks import Address
from gateway.errors import RequestError
from gateway.events import lookup
from gateway.events.addresses import is_public
from gateway.events.outcome import Problem
from gateway.events.own import Own
from gateway.events.targets import Target, TargetRefused, parse, resolve
from tests.core import until
from tests.events.names import Names
from tests.events.spellings import FORBIDDEN, PUBLIC_4, PUBLIC_6, canonical, odd_spellings

LABORATORY = (ip_network("127.0.0.0/8"), ip_network("fd00:1ab::/64"))
NOTHING = Own()


@pytest.mark.parametrize(
    ("url", "canonical_url"),
    [
        ("https://hooks.example.com", "https://hooks.example.com/"),
        ("https://hooks.example.com/a/b?c=d", "https://hooks.example.com/a/b?c=d"),
        ("https://hooks.example.com?c=d", "https://hooks.example.com/?c=d"),
        ("HTTPS://Hooks.Example.COM:443/A", "https://hooks.example.com/A"),
        ("https://hooks.example.com:8443/", "https://hooks.example.com:8443/"),
        ("https://bücher.example/%C3%BC", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://a.example/T0/B0/@x:y;z,'(*)!$&+=~", "https://a.example/T0/B0/@x:y;z,'(*)!$&+=~"),
        ("https://3com.example/", "https://3com.example/"),
        (f"https://{PUBLIC_4}/", f"https://{PUBLIC_4}/"),
        (f"https://[{PUBLIC_6}]:8443/", f"https://[{PUBLIC_6}]:8443/"),
    ],
)
def test_a_url_is_written_in_its_one_spelling(url: str, canonical_url: str) -> None:
    assert parse(url).url == canonical_url
    assert parse(canonical_url).url == canonical_url


def test_a_url_is_read_into_its_parts() -> None:
    assert parse("https://hooks.example.com:8443/in?key=1") == Target(
        "https", "hooks.example.com", 8443, "/in?key=1", None
    )


def test_the_path_is_no_part_of_what_is_printed() -> None:
    assert "s3cret" not in repr(parse("https://hooks.example.com/s3cret"))


REFUSED_URLS = {
    "empty": "",
    "no scheme": "hooks.example.com/",
    "http": "http://hooks.example.com/",
    "http at 443": "http://hooks.example.com:443/",
    "file": "file:///etc/passwd",
    "gopher": "gopher://hooks.example.com/",
    "ftp": "ftp://hooks.example.com/",
    "data": "data:text/plain,x",
    "javascript": "javascript:alert(1)",
    "one slash": "https:/hooks.example.com/",
    "three slashes": "https:///hooks.example.com/",
    "no host": "https://",
    "no host but a port": "https://:443/",
    "no host but a query": "https://?x",
    "user": "https://user@hooks.example.com/",
    "user and password": "https://user:pass@hooks.example.com/",
    "empty user": "https://@hooks.example.com/",
    "two users": "https://a@b@hooks.example.com/",
    "fragment": "https://hooks.example.com/#top",
    "empty fragment": "https://hooks.example.com/#",
    "fragment for a path": "https://hooks.example.com#@127.0.0.1/",
    "port 22": "https://hooks.example.com:22/",
    "port 25": "https://hooks.example.com:25/",
    "port 80": "https://hooks.example.com:80/",
    "port 6379": "https://hooks.example.com:6379/",
    "port 0": "https://hooks.example.com:0/",
    "port 65536": "https://hooks.example.com:65536/",
    "port 4294967739": "https://hooks.example.com:4294967739/",
    "port 0443": "https://hooks.example.com:0443/",
    "port -443": "https://hooks.example.com:-443/",
    "port +443": "https://hooks.example.com:+443/",
    "empty port": "https://hooks.example.com:/",
    "full-width port": "https://hooks.example.com:\uff14\uff14\uff13/",
    "two ports": "https://hooks.example.com:443:443/",
    "localhost": "https://localhost/",
    "LOCALHOST": "https://LocalHost/",
    "below localhost": "https://a.localhost/",
    "local": "https://printer.local/",
    "internal": "https://metadata.google.internal/",
    "home.arpa": "https://router.home.arpa/",
    "single label": "https://intranet/",
    "single label with a dot": "https://intranet./",
    "trailing dot": "https://hooks.example.com./",
    "leading dot": "https://.example.com/",
    "two dots": "https://hooks..example.com/",
    "localhost with a dot": "https://localhost./",
    "numeric last label": "https://example.1/",
    "hexadecimal last label": "https://example.0x7f/",
    "underscore": "https://a_b.example.com/",
    "leading hyphen": "https://-a.example.com/",
    "label of 64": f"https://{'a' * 64}.example.com/",
    "name of 254": f"https://{'a.' * 124}example/",
    "invalid punycode": "https://xn--zzzzzz99.example/",
    "ideographic full stop": "https://hooks\u3002example.com/",
    "full-width letters": "https://\uff48ooks.example.com/",
    "kelvin sign": "https://\u212a.example.com/",
    "soft hyphen": "https://ho\u00adoks.example.com/",
    "zero width joiner": "https://ho\u200doks.example.com/",
    "right to left override": "https://ho\u202eoks.example.com/",
    "mixed directions": "https://a\u05d0.example.com/",
    "percent in the host": "https://hooks%2eexample.com/",
    "encoded nul": "https://127.0.0.1%00.example.com/",
    "backslash": "https://hooks.example.com\\@127.0.0.1/",
    "backslash in the path": "https://hooks.example.com/\\127.0.0.1",
    "backslashes for slashes": "https:\\\\hooks.example.com\\",
    "leading space": " https://hooks.example.com/",
    "trailing space": "https://hooks.example.com/ ",
    "space in the host": "https://hooks .example.com/",
    "space in the path": "https://hooks.example.com/a b",
    "tab": "https://hooks.exam\tple.com/",
    "line feed in the host": "https://hooks.exam\nple.com/",
    "line feed in the path": "https://hooks.example.com/\r\nX-Injected:1",
    "line feed at the end": "https://hooks.example.com/\n",
    "nul": "https://hooks.example.com/\x00",
    "delete": "https://hooks.example.com/\x7f",
    "no-break space": "https://hooks\u00a0.example.com/",
    "letter beyond ascii in the path": "https://hooks.example.com/ü",
    "half a percent code": "https://hooks.example.com/%4",
    "brackets around a name": "https://[hooks.example.com]/",
    "open bracket": "https://[::1/",
    "braces": "https://hooks.example.com/{id}",
    "two thousand characters": "https://hooks.example.com/" + "a" * 2048,
    "lone surrogate": "https://\ud800.example.com/",
}


@pytest.mark.parametrize("url", REFUSED_URLS.values(), ids=list(REFUSED_URLS))
def test_a_url_that_is_none_of_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused) as caught:
        parse(url)

    assert caught.value.status == 422
    assert caught.value.code == "WEBHOOK_TARGET_REFUSED"
    assert isinstance(caught.value, RequestError)
    assert caught.value.detail.endswith((".", "192.0.2.1."))


@pytest.mark.parametrize("url", [*REFUSED_URLS.values()][6:], ids=[*REFUSED_URLS][6:])
def test_a_laboratory_mends_no_spelling(url: str) -> None:
    ports = ("22", "25", "80", "6379")
    if url.endswith(tuple(f":{port}/" for port in ports)):
        assert parse(url, LABORATORY).port in map(int, ports)
        return
    with pytest.raises(TargetRefused):
        parse(url, LABORATORY)


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_of_urls_fail(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/", f"https://a.example/{text}"):
        with suppress(TargetRefused):
            found = parse(url)
            assert parse(found.url) == found
            assert found.url.isascii()


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(TargetRefused):
        parse(f"https://{canonical(address)}/")


@pytest.mark.parametrize("address", [PUBLIC_4, PUBLIC_6])
def test_odd_spellings_of_public_addresses_are_refused_too(address: str) -> None:
    for host in odd_spellings(address):
        with pytest.raises(TargetRefused):
            parse(f"https://{host}/", LABORATORY)


@given(st.ip_addresses())
def test_public_is_never_more_than_the_registries_say(address: Address) -> None:
    assert address.is_global or not is_public(address)


class TestResolving:
    def test_a_name_leads_to_its_addresses(self, names: Names) -> None:
        names["hooks.example.com"] = [PUBLIC_6, PUBLIC_4]

        found = resolve(parse("https://hooks.example.com/"), (), NOTHING)

        assert found == (ip_address(PUBLIC_6), ip_address(PUBLIC_4))
        assert names.asked == ["hooks.example.com"]

    def test_an_address_is_not_looked_up(self, names: Names) -> None:
        found = resolve(parse(f"https://{PUBLIC_4}/"), (), NOTHING)

        assert found == (ip_address(PUBLIC_4),)
        assert names.asked == []

    def test_one_private_address_among_public_ones_is_enough(self, names: Names) -> None:
        names["hooks.example.com"] = [PUBLIC_4, PUBLIC_6, "10.0.0.1"]

        with pytest.raises(TargetRefused) as caught:
            resolve(parse("https://hooks.example.com/"), (), NOTHING)

        assert caught.value.problem is Problem.TARGET_REFUSED

    def test_what_a_private_name_leads_to_is_not_told(self, names: Names) -> None:
        names["hooks.example.com"] = ["10.0.0.1"]

        with pytest.raises(TargetRefused) as caught:
            resolve(parse("https://hooks.example.com/"), (), NOTHING)

        assert "10." not in caught.value.detail

    @pytest.mark.parametrize("host", ["empty.example.com", "gone.example.com"])
    def test_a_name_without_an_address_is_not_found(self, names: Names, host: str) -> None:
        names["empty.example.com"] = []

        with pytest.raises(TargetRefused) as caught:
            resolve(parse(f"https://{host}/"), (), NOTHING)

        assert caught.value.problem is Problem.NAME_NOT_FOUND

    def test_a_resolver_that_hangs_is_not_waited_for(self, names: Names, hanging: Event) -> None:
        names.before_answer = hanging.wait
        names["hooks.example.com"] = [PUBLIC_4]

        with pytest.raises(TargetRefused) as caught:
            resolve(parse("https://hooks.example.com/"), (), NOTHING, seconds=0.05)

        assert caught.value.problem is Problem.TIMEOUT

    def test_only_so_many_names_are_looked_up_at_a_time(self, names: Names, hanging: Event) -> None:
        names.before_answer = hanging.wait
        waiting = [
            Thread(target=_refused_in_time)
            for _ in range(lookup._MOST_AT_A_TIME + 20)  # noqa: SLF001 - the bound is not for others
        ]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
        until(lambda: len(names.asked) >= lookup._MOST_AT_A_TIME)  # noqa: SLF001 - likewise

        assert len(names.asked) == lookup._MOST_AT_A_TIME  # noqa: SLF001 - likewise


def _refused_in_time() -> None:
    with suppress(TargetRefused):
        resolve(parse("https://hooks.example.com/"), (), NOTHING, seconds=0.5)


@pytest.fixture
def hanging() -> Iterator[Event]:
    """Hold the resolver until the test ends, then wait for its threads to be free."""
    event = Event()
    yield event
    event.set()
    taken = [lookup._free.acquire(timeout=10) for _ in range(lookup._MOST_AT_A_TIME)]  # noqa: SLF001 - as above
    for _ in taken:
        lookup._free.release()  # noqa: SLF001 - as above
    assert all(taken)


class TestLaboratory:
    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:8080/hook",
            "https://127.0.0.2:6379/",
            "http://127.0.0.1/",
            "http://[fd00:1ab::5]:99/",
            "https://127.0.0.1/",
        ],
    )
    def test_its_addresses_may_be_called_at_any_port(self, url: str) -> None:
        target = parse(url, LABORATORY)

        assert resolve(target, LABORATORY, NOTHING) == (target.address,)

    @pytest.mark.parametrize("url", ["http://10.0.0.1/", "https://10.0.0.1/", "http://[::1]/"])
    def test_it_admits_no_other_network(self, url: str) -> None:
        with pytest.raises(TargetRefused):
            parse(url, LABORATORY)

    def test_a_name_that_leads_into_it_may_be_called(self, names: Names) -> None:
        names["hooks.example.com"] = ["127.0.0.1", "fd00:1ab::5"]

        assert (
            len(resolve(parse("http://hooks.example.com:99/", LABORATORY), LABORATORY, NOTHING))
            == 2
        )

    @pytest.mark.parametrize("url", ["http://hooks.example.com/", "https://hooks.example.com:22/"])
    def test_a_name_that_leads_out_of_it_goes_the_usual_way(self, names: Names, url: str) -> None:
        names["hooks.example.com"] = [PUBLIC_4]

        with pytest.raises(TargetRefused):
            resolve(parse(url, LABORATORY), LABORATORY, NOTHING)

    @pytest.mark.parametrize("other", [PUBLIC_4, "10.0.0.1", "::ffff:127.0.0.1"])
    def test_a_name_that_leads_into_it_and_elsewhere_is_refused(
        self, names: Names, other: str
    ) -> None:
        names["hooks.example.com"] = ["127.0.0.1", other]

        with pytest.raises(TargetRefused):
            resolve(parse("https://hooks.example.com/", LABORATORY), LABORATORY, NOTHING)


class TestOwn:
    def test_our_public_name_is_refused(self, names: Names) -> None:
        names["gateway.example.com"] = [PUBLIC_4]

        with pytest.raises(TargetRefused, match="gateway itself"):
            resolve(parse("https://Gateway.example.com/"), (), Own(["gateway.Example.com"]))

    def test_our_public_name_is_refused_also_where_it_leads_elsewhere(self, names: Names) -> None:
        """Behind a balancer that gives one address of many, each answer is another."""
        names.in_turn("gateway.example.com", [PUBLIC_4], [PUBLIC_6])

        with pytest.raises(TargetRefused, match="gateway itself"):
            resolve(parse("https://gateway.example.com/"), (), Own(["gateway.example.com"]))

    def test_another_name_of_our_public_address_is_refused(self, names: Names) -> None:
        names["gateway.example.com"] = [PUBLIC_6, PUBLIC_4]
        names["alias.example.net"] = [PUBLIC_4]

        with pytest.raises(TargetRefused, match="gateway itself"):
            resolve(parse("https://alias.example.net/"), (), Own(["gateway.example.com"]))

    def test_our_public_address_is_refused(self, names: Names) -> None:
        names["gateway.example.com"] = [PUBLIC_4]

        with pytest.raises(TargetRefused, match="gateway itself"):
            resolve(parse(f"https://{PUBLIC_4}/"), (), Own(["gateway.example.com"]))

    def test_our_names_are_looked_up_once_in_a_while(self, names: Names) -> None:
        names["gateway.example.com"] = [PUBLIC_4]
        own = Own(["gateway.example.com"])

        assert [own.has(ip_address(PUBLIC_4)) for _ in range(3)] == [True] * 3
        assert names.asked == ["gateway.example.com"]

    def test_what_was_known_of_us_holds_while_names_cannot_be_looked_up(
        self, names: Names, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.events.own._KEPT_SECONDS", 0.0)
        names["gateway.example.com"] = [PUBLIC_4]
        own = Own(["gateway.example.com"])
        assert own.has(ip_address(PUBLIC_4))
        del names["gateway.example.com"]

        assert own.has(ip_address(PUBLIC_4))
        assert names.asked == ["gateway.example.com"] * 2

    def test_a_name_of_ours_that_no_resolver_takes_hinders_nobody(self, names: Names) -> None:
        assert not Own(["a" * 64 + ".example"]).has(ip_address(PUBLIC_4))
        assert len(names.asked) == 1

    def test_every_address_of_the_machine_is_ours(self) -> None:
        assert Own().has(ip_address("127.0.0.1"))
        assert Own().has(ip_address("127.9.9.9"))
        assert not Own().has(ip_address(PUBLIC_4))
        assert not Own().has(ip_address(PUBLIC_6))

    def test_an_address_of_the_machine_is_refused_also_if_it_is_public(
        self, names: Names, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names["hooks.example.com"] = [PUBLIC_4]
        monkeypatch.setattr(socket.socket, "bind", lambda *_: None)

        with pytest.raises(TargetRefused, match="gateway itself"):
            resolve(parse("https://hooks.example.com/"), (), NOTHING)
