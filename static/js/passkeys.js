/**
 * Passkeys: a form with data-passkey asks the browser for one and posts what it answers.
 *
 * `data-passkey` is "create" or "get"; the options come from the JSON script named by `data-options`, or
 * from the address `data-options-url`. What goes wrong is said in the form by its data-say-… sentences.
 */

/** @param {string} text base64url, as JSON carries bytes */
function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer | null | undefined} buffer */
function textOf(buffer) {
  if (!buffer) return undefined;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {any[] | undefined} list credentials whose ids are text */
const withIds = (list) => (list ?? []).map((one) => ({ ...one, id: bytesOf(one.id) }));

/**
 * @param {any} options
 * @param {boolean} alone whether the passkey is to sign in without the password
 */
async function create(options, alone) {
  const chosen = alone
    ? { residentKey: "required", requireResidentKey: true, userVerification: "required" }
    : { residentKey: "discouraged", requireResidentKey: false };
  return navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytesOf(options.challenge),
      user: { ...options.user, id: bytesOf(options.user.id) },
      excludeCredentials: withIds(options.excludeCredentials),
      authenticatorSelection: { ...options.authenticatorSelection, ...chosen },
    },
  });
}

/** @param {any} options */
async function get(options) {
  return navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytesOf(options.challenge),
      allowCredentials: withIds(options.allowCredentials),
    },
  });
}

/** @param {any} credential what the browser answers, its bytes as text */
function asJson(credential) {
  const { response } = credential;
  const told = {
    clientDataJSON: textOf(response.clientDataJSON),
    attestationObject: textOf(response.attestationObject),
    transports: response.getTransports?.(),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    userHandle: textOf(response.userHandle),
  };
  return JSON.stringify({
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    response: told, // what is not there is left out
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

/** @param {HTMLFormElement} form */
async function optionsFor(form) {
  const { options, optionsUrl } = form.dataset;
  if (!optionsUrl) return JSON.parse(document.getElementById(options ?? "")?.textContent ?? "{}");
  const answer = await fetch(optionsUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const told = await optionsFor(form);
  if (form.dataset.passkey === "get") return get(told.request_options.publicKey);
  const alone = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("passwordless"));
  return create(told.creation_options.publicKey, alone?.checked ?? false);
}

/** @param {unknown} error which of the form's sentences says it */
function sentenceOf(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return "sayCancelled";
  if (name === "InvalidStateError") return "sayExists";
  if (name === "SecurityError") return "sayAddress";
  return "sayFailed";
}

/**
 * @param {HTMLFormElement} form
 * @param {string} sentence
 */
function say(form, sentence) {
  const place = /** @type {HTMLElement} */ (form.querySelector("[data-passkey-error]"));
  place.querySelector("p")?.replaceChildren(form.dataset[sentence] ?? form.dataset.sayFailed ?? "");
  place.hidden = false;
}

/** @param {SubmitEvent} event */
async function onSubmit(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  button.disabled = true;
  try {
    const credential = await ask(form);
    /** @type {HTMLInputElement} */ (form.elements.namedItem("credential")).value = asJson(credential);
    form.submit(); // past this handler
  } catch (error) {
    say(form, sentenceOf(error));
    button.disabled = false;
    button.focus();
  }
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
  form.hidden = false;
  form.addEventListener("submit", onSubmit);
  if (!window.PublicKeyCredential) {
    say(form, "sayUnsupported");
    /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]")).disabled = true;
  }
}
