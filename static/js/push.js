/** “Notify me in this browser”: asks for permission, subscribes, and tells the server where. */

import { send } from "./page.js";

/** @param {string} text base64url, as the server tells its key */
function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/**
 * @param {PushManager} manager
 * @param {Uint8Array<ArrayBuffer>} key
 */
async function subscribe(manager, key) {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(options);
  } catch (error) {
    // one that was made with another key stands in the way
    const former = await manager.getSubscription();
    if (!former) throw error;
    await former.unsubscribe();
    return manager.subscribe(options);
  }
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function say(place, text) {
  const said = /** @type {HTMLElement} */ (place.querySelector("[data-push-said]"));
  said.textContent = text;
  said.hidden = false;
}

/**
 * @param {HTMLElement} place
 * @returns {Promise<string>} what went wrong, a sentence; empty where the page moves on
 */
async function start(place) {
  const { keyUrl = "", url = "", sayDenied = "", sayFailed = "" } = place.dataset;
  if ((await Notification.requestPermission()) !== "granted") return sayDenied;
  const answer = await send(keyUrl);
  if (!answer.ok) return sayFailed;
  const { key } = await answer.json();
  const worker = await navigator.serviceWorker.ready;
  const subscription = await subscribe(worker.pushManager, bytesOf(key));
  const taken = await send(url, { json: subscription.toJSON() });
  const told = await taken.json();
  if (!taken.ok) return told.detail ?? sayFailed;
  window.location.assign(told.url);
  return "";
}

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-push]"))) {
  const button = /** @type {HTMLButtonElement} */ (place.querySelector("[data-push-start]"));
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    say(place, place.dataset.sayUnsupported ?? "");
    continue;
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    const wrong = await start(place).catch(() => place.dataset.sayFailed ?? "");
    button.disabled = false;
    if (wrong) say(place, wrong);
  });
}
