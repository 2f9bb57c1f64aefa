{% load static %}/* Shows the offline page when the server is not reached. Keeps no page with figures. */
const CACHE = "offline {% static 'css/tokens.css' %} {% static 'css/components.css' %}";
const PAGE = "{% url 'offline' %}";
const FILES = [
  PAGE,
  "{% static 'css/tokens.css' %}",
  "{% static 'css/base.css' %}",
  "{% static 'css/components.css' %}",
  "{% static 'css/pages.css' %}",
  "{% static 'img/florin.svg' %}",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
  } else if (FILES.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(request)));
  }
});

/** @param {PushEvent} event */
function told(event) {
  try {
    return event.data?.json() ?? {};
  } catch {
    return {};
  }
}

self.addEventListener("push", (event) => {
  const { title, body, tag, url } = told(event);
  const options = { body, tag, data: { url }, icon: "{% static 'img/florin.svg' %}" };
  event.waitUntil(self.registration.showNotification(title || "Florin", options));
});

/**
 * Tells the server where this browser is reached from now on; who is not signed in does so by the button later.
 * @param {any} event with the former subscription, or the one that takes its place
 */
async function renewed({ oldSubscription, newSubscription }) {
  const options = oldSubscription?.options;
  const fresh = newSubscription ?? (options && (await self.registration.pushManager.subscribe(options)));
  if (!fresh) return;
  const page = await fetch("{% url 'settings-notifications' %}");
  const token = (await page.text()).match(/name="csrf-token" content="([^"]+)"/)?.[1];
  if (page.redirected || !token) return;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  await fetch("{% url 'settings-push' %}", { method: "POST", headers, body: JSON.stringify(fresh) });
}

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewed(event)));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const page = new URL(event.notification.data?.url || "/", self.location.origin);
  if (page.origin !== self.location.origin) return;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((windows) => {
      const open = windows.find((one) => new URL(one.url).pathname === page.pathname);
      return open ? open.focus() : self.clients.openWindow(page.href);
    }),
  );
});
