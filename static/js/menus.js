/** Menus are details elements: they also close on Escape, on a click elsewhere and when focus leaves. */

/** @param {Element | null} except */
function closeAll(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.removeAttribute("open");
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const menu = /** @type {Element} */ (event.target).closest("details[data-menu][open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const items = [...menu.querySelectorAll(".menu-item")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = items.indexOf(/** @type {Element} */ (document.activeElement)) + step;
    /** @type {HTMLElement} */ (items[(next + items.length) % items.length])?.focus();
  }
}

/** Answer every menu of the page, those swapped in later too. */
export function startMenus() {
  document.addEventListener("click", (event) => {
    closeAll(/** @type {Element} */ (event.target).closest("details[data-menu]"));
  });
  document.addEventListener("focusin", (event) => {
    closeAll(/** @type {Element} */ (event.target).closest("details[data-menu]"));
  });
  document.addEventListener("keydown", onKey);
}
