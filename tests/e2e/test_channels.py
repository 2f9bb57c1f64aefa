"""A channel: made, proven by the code that was sent, chosen in the table of what goes where, and tried."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from alerts.models import Channel, Delivery
from tests.alerts.channels.conftest import VALUES, code_of


def add_telegram(page: Page) -> Channel:
    page.get_by_role("link", name="Telegram").click()
    page.get_by_label("Token of the bot").fill(VALUES["telegram"]["token"])
    page.get_by_label("Chat", exact=True).fill("no chat")
    page.get_by_role("button", name="Add the channel").click()
    expect(page.get_by_role("alert")).to_contain_text("This does not have the right form.")
    page.get_by_label("Chat", exact=True).fill(VALUES["telegram"]["chat"])
    page.get_by_role("button", name="Add the channel").click()
    expect(page.get_by_role("heading", name="Show that it is yours")).to_be_visible()
    return Channel.objects.get(kind="telegram")


def test_channel_is_proven_chosen_and_tried(signed_up: Page, live_server) -> None:
    page = signed_up
    page.goto(f"{live_server.url}/settings/")
    page.get_by_role("link", name="Notifications", exact=True).click()
    channel = add_telegram(page)
    page.get_by_label("Code").fill("1234")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is not the code that was sent.")
    page.get_by_label("Code").fill(code_of(channel))
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Telegram” is proven.").first).to_be_visible()

    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("row", name="test")).to_contain_text("waits")
    Delivery.objects.filter(purpose="test").update(state="delivered")
    expect(page.get_by_role("row", name="test")).to_contain_text("delivered")  # without a reload
    expect(page.locator("#channel-said")).to_have_text("test: delivered")

    page.goto(f"{live_server.url}/settings/notifications/")
    box = page.get_by_role("checkbox", name="Imports: Telegram")
    box.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save what goes where").click()
    expect(page.get_by_text("Saved what goes where.").first).to_be_visible()
    expect(box).not_to_be_checked()
    channel.refresh_from_db()
    assert channel.topics == ["alert", "portfolio", "security", "channel"]

    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", f"{channel.uuid}/"):
        page.goto(f"{live_server.url}/settings/notifications/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


SUBSCRIBED = """
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("key");
    return { toJSON: () => (%s) };
  };
"""


def test_browser_is_subscribed_and_shows_what_is_pushed(signed_up: Page, live_server) -> None:
    page = signed_up
    page.context.grant_permissions(["notifications"], origin=live_server.url)
    keys = VALUES["push"]
    told = {"endpoint": keys["endpoint"], "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]}}
    page.add_init_script(SUBSCRIBED % json.dumps(told))
    devtools = page.context.new_cdp_session(page)
    known: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: known.extend(one["registrationId"] for one in event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    page.goto(f"{live_server.url}/settings/notifications/")
    page.get_by_role("button", name="Notify me in this browser").click()
    expect(page.get_by_text("We sent a note with a code to this browser.")).to_be_visible()
    assert Channel.objects.get(kind="push").hint == "updates.push.services.example.org"

    message = {"title": "ACME reached 10", "body": "It was at 9.", "tag": "one", "url": "/alerts/"}
    push = {"origin": live_server.url, "registrationId": known[0], "data": json.dumps(message)}
    for _time in range(2):  # the same message once more takes the place of the first
        devtools.send("ServiceWorker.deliverPushMessage", push)
    shown = page.evaluate(
        """async () => {
          const worker = await navigator.serviceWorker.ready;
          for (let turn = 0; turn < 100; turn += 1) {
            const list = await worker.getNotifications();
            if (list.length) return list.map((one) => [one.title, one.body, one.tag, one.data.url]);
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
          return [];
        }"""
    )
    assert shown == [["ACME reached 10", "It was at 9.", "one", "/alerts/"]]

    # its push service gave it another address; a script cannot make the event that tells so
    moved = {**told, "endpoint": f"{keys['endpoint']}-moved"}
    page.context.service_workers[0].evaluate("(fresh) => renewed({ newSubscription: fresh })", moved)
    assert Channel.objects.filter(kind="push").count() == 2
