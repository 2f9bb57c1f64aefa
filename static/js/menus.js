/** Menus are details elements: they also close on Escape, on a click elsewhere and when focus leaves. */

/**
 * Close the menus that the focus has left. An element around the menu may take the focus when the
 * menu's own ground is pressed (main does): that is no leaving.
 * @param {FocusEvent} event
 */
function onFocus(event) {
  const target = /** @type {Element} */ (event.target);
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(target) && !target.contains(menu)) menu.removeAttribute("open");
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
    const items = [...menu.querySelectorAll("a.menu-item, button.menu-item, .menu-item input")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = items.indexOf(/** @type {Element} */ (document.activeElement)) + step;
    /** @type {HTMLElement} */ (items[(next + items.length) % items.length])?.focus();
  }
}

/** Answer every menu of the page, those swapped in later too. */
export function startMenus() {
  document.addEventListener("click", (event) => {
    const own = /** @type {Element} */ (event.target).closest("details[data-menu]");
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== own) menu.removeAttribute("open");
    }
  });
  document.addEventListener("focusin", onFocus);
  document.addEventListener("keydown", onKey);
}
