"""What a page makes of a network that goes and comes back: its module, with a server made of words."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute

from tests.support.ground import PROJECT

HOME = "http://localhost:1/"  # nobody is there
PAGE = """<!doctype html><meta name="live-prices" content="/ws/prices/"><script type="module">
import { live } from "/live.js";
window.live = live;
window.states = [];
live.on("state", (state) => window.states.push(state));
live.prices(["AAA"], () => {});
</script>"""


class Server:
    """Welcomes, and keeps what it is sent."""

    def __init__(self, page: Page) -> None:
        self.page, self.wires, self.said = page, [], []
        page.route(f"{HOME}**", self._answer)
        page.route_web_socket("**/ws/prices/", self._open)
        page.goto(HOME)
        self.sees("states.at(-1) === 'live'")

    def _answer(self, route: Route) -> None:
        if route.request.url == HOME:
            route.fulfill(body=PAGE, content_type="text/html")
        else:
            route.fulfill(path=PROJECT / "static/js/live.js", content_type="text/javascript")

    def _open(self, wire: WebSocketRoute) -> None:
        self.wires.append(wire)
        wire.on_message(lambda text: self.said.append(json.loads(text)))
        wire.send(json.dumps({"type": "welcome"}))

    def sees(self, what: str) -> None:
        self.page.wait_for_function(what, timeout=5000)

    def hears(self, **message: Any) -> None:
        for _ in range(100):
            if message in self.said:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(self.said)


def test_connection_that_outlives_the_network_goes_on(page: Page) -> None:
    server = Server(page)
    page.context.set_offline(True)
    server.sees("states.at(-1) === 'offline'")
    page.evaluate("live.prices(['BBB'], () => {})")
    page.context.set_offline(False)
    server.sees("states.at(-1) === 'live'")
    page.evaluate("live.prices(['CCC'], () => {})")
    for name in ("BBB", "CCC"):
        server.hears(type="subscribe", instruments=[name])
    assert len(server.wires) == 1


def test_whatever_is_heard_tells_that_the_connection_lives(page: Page) -> None:
    server = Server(page)
    page.evaluate("dispatchEvent(new Event('offline'))")
    server.sees("states.at(-1) === 'offline'")
    server.wires[0].send(json.dumps({"type": "hb"}))
    server.sees("states.at(-1) === 'live'")
