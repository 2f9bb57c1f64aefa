/* The staff's pages: what Django's own scripts leave unsaid to those who listen. */

/** Name the boxes that find a row by typing after their field's label. */
function nameFinders() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    const box = select.nextElementSibling?.querySelector(".select2-selection");
    if (!label || !box || box.getAttribute("aria-labelledby") === label.id) continue;
    label.id ||= `${select.id}_label`;
    box.setAttribute("aria-labelledby", label.id);
    box.querySelector(".select2-selection__rendered")?.setAttribute("aria-labelledby", label.id);
  }
}

// Django's scripts make the boxes once the page is ready, and more when a row is added
new MutationObserver(nameFinders).observe(document.documentElement, { childList: true, subtree: true });
nameFinders();
