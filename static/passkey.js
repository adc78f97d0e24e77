// Passkeys: asks the server what to sign, lets the browser sign it, and sends it back. Pages work without it.
"use strict";
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) continue;
  form.hidden = false;
  const say = form.querySelector("[role=alert]");
  const send = async (url, extra) => {
    const body = new FormData(form);
    for (const [name, value] of Object.entries(extra)) body.set(name, value);
    const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(found.sentence || answer.statusText);
    return found;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say.hidden = true;
    try {
      const options = await send(form.dataset.options, {});
      const made = form.dataset.passkey === "register"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      const done = await send(form.dataset.action, { credential: JSON.stringify(made.toJSON()) });
      location.assign(done.go);
    } catch (error) {
      say.textContent = error.message;
      say.hidden = false;
    }
  });
}
