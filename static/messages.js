/* One conversation: what is sent leaves the box at once and in order, what comes moves nothing that is read. */
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, listen, root = document, capture = false) => root.addEventListener(type, listen, capture);
  const letters = $("#letters"), scroll = $(".scroll"), fresh = $(".fresh"), box = () => $("#content");
  const number = (element) => +element.id.match(/\d+$/);
  const newest = () => all(".letter", letters).reduce((most, letter) => Math.max(most, number(letter)), 0);
  const top = number($(".letter", letters) ?? { id: "0" });
  const up = () => scroll.scrollTop < -60; // it is filled from its end
  const live = letters.hasAttribute("hx-get");

  // --- what comes

  const days = () => {
    let before;
    for (const day of all(".day")) {
      if (!day.nextElementSibling?.matches(".letter")) { day.remove(); continue; }
      day.hidden = day.dataset.day === before;
      before = day.dataset.day;
    }
  };
  // Only what is new changes: what stands above the part that came stays, and what stood above it at first is not in it.
  const merge = (fragment) => {
    for (const letter of all(".letter", fragment)) if (number(letter) < top) letter.remove();
    const came = $(".letter", fragment), seen = $(".seen", fragment);
    const kept = came ? [...letters.children].filter((item) => item.id && number(item) < number(came)) : [];
    for (const open of all("details[open]", letters)) $(`#${open.closest("li").id} details`, fragment)?.setAttribute("open", "");
    fragment.prepend(...kept.map((item) => item.cloneNode(true)));
    if (seen) for (const other of all(".seen", fragment)) if (other !== seen) other.remove();
  };
  let known, below;
  on("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.target !== letters) return;
    ctx.request.body.set("since", newest());
    if (up()) ctx.request.body.set("peek", "1");
  });
  on("htmx:before:swap", (event) => {
    const task = event.detail.tasks.find(({ target }) => target === letters);
    if (!task || event.defaultPrevented) return;
    known = newest();
    below = up() ? scroll.scrollHeight + scroll.scrollTop : null;
    merge(task.fragment);
  });
  // The page is loaded anew when it is another one by now. What was typed waits for the next one with a box.
  const draft = ["draft", document.body.dataset.person, location.pathname].join(" ");
  on("htmx:after:request", ({ detail: { ctx } }) => {
    const text = box()?.value;
    if (letters.contains(ctx.sourceElement) && ctx.hx.redirect && text) sessionStorage.setItem(draft, text);
  });
  if (box()) {
    box().value ||= sessionStorage.getItem(draft) ?? "";
    sessionStorage.removeItem(draft);
  }
  on("htmx:after:swap", ({ detail: { ctx } }) => {
    days();
    if (ctx.target !== letters) return;
    if (below !== null) scroll.scrollTop = below - scroll.scrollHeight;
    const came = all(".letter.in", letters).some((letter) => number(letter) > known);
    if (came && up()) fresh.hidden = false;
  });
  const down = () => { scroll.scrollTop = 0; };
  const looked = () => {
    if (up() || fresh.hidden) return;
    fresh.hidden = true;
    htmx.trigger(letters, "look");
  };
  on("scroll", looked, scroll);
  on("click", () => {
    down();
    looked();
    box()?.focus();
  }, fresh);
  days();
  if (live && !location.hash && matchMedia("(pointer: fine)").matches) box()?.focus({ preventScroll: true });

  // --- what goes

  // What has not left yet outlives the page, with its key.
  const queue = [], unsent = `unsent ${document.body.dataset.person} ${location.pathname} `;
  const taken = (entries) => entries.map((entry) => (localStorage.removeItem(entry.at), entry));
  let leaving = false, sending = false, adding = 0, wanted = false, failed = {};
  const own = (ctx) => ctx.sourceElement.closest?.("#write");
  const words = (parts) => parts.filter((part) => part.trim()).join("\n");
  const pictures = (root) => all(".attached > li", root);
  const attach = (items) => {
    const had = new Set(all("[name=photo]", $("#write")).map(({ value }) => value));
    const missing = items.filter((item) => !had.has($("[name=photo]", item).value));
    if (!missing.length) return;
    if (!$(".attached")) $("#write .line").before(Object.assign(document.createElement("ul"), { className: "attached" }));
    $(".attached").append(...missing);
  };
  // The form comes anew: what is in the box, and what was said of the pictures, is the newer truth.
  const refill = async (html, unsent = []) => {
    const text = words([...unsent.map(({ text }) => text), box().value]);
    const items = [...unsent.flatMap(({ items }) => items), ...pictures($("#write"))];
    if (html) await htmx.swap({ text: html, target: $("#write"), swap: "outerHTML", sourceElement: letters });
    attach(items);
    box().value = text;
    box().focus();
  };
  on("htmx:before:request", ({ detail: { ctx } }) => {
    if (own(ctx)) adding += ctx.counted = 1;
  });
  on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    const task = tasks.find(({ target }) => target?.id === "write" || target === "#write"), field = ctx.counted && task && $("#content", task.fragment);
    if (!field) return;
    field.textContent = box().value;
    for (const input of all(".attached input:not([type=hidden])", task.fragment)) {
      const typed = $(`#write [name="${input.name}"]`);
      if (typed) input.value = typed.value;
    }
  });
  on("htmx:finally:request", ({ detail: { ctx } }) => {
    if (!ctx.counted) return;
    adding--;
    if (wanted && !adding && ctx.response?.status < 400) $("#write").requestSubmit();
    if (!adding) wanted = false;
  });
  on("input", ({ target }) => {
    if (target.id !== "content" || target.value) return;
    $("#content-help")?.remove(); // what was refused is not there any more
    target.removeAttribute("aria-invalid");
    target.removeAttribute("aria-describedby");
  });
  on("submit", (event) => {
    const form = event.target;
    if (form.id !== "write" || event.submitter?.name || !live) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (adding) {
      wanted = true; // with the picture that is on its way
      return;
    }
    const body = new FormData(form), text = box().value, items = pictures(form);
    body.delete("images");
    if (!text.trim() && !items.length) return box().focus();
    if (text === failed.text) body.set("key", failed.key);
    $("[name=key]", form).value = Date.now().toString(36) + Math.random().toString(36).slice(2);
    failed = {};
    const at = unsent + Date.now();
    localStorage.setItem(at, JSON.stringify([...body].filter(([name]) => name !== "csrf_token")));
    queue.push({ body, text, items, at });
    $(".attached", form)?.remove();
    $("#content-help")?.remove();
    box().removeAttribute("aria-invalid");
    box().value = "";
    box().focus();
    send();
  }, document, true);
  const back = (html) => refill(html, taken(queue.splice(0)));
  const send = async () => {
    if (sending || !queue.length) return;
    sending = true;
    const [{ body, text }] = queue, form = $("#write");
    form.classList.add("htmx-request");
    body.set("since", newest());
    try {
      const answer = await fetch(form.action, { method: "POST", body, keepalive: text.length < 9000, headers: { "HX-Request": "true", Accept: "text/html" } });
      const html = await answer.text(), { headers } = answer, to = headers.get("HX-Redirect");
      if (answer.ok && !headers.has("HX-Retarget")) taken(queue.splice(0, 1));
      if (to) {
        sessionStorage.setItem("typed " + location.pathname, words([...queue.map(({ text }) => text), box().value]));
        location.href = to;
        return;
      }
      if (headers.get("HX-Retarget") === "#write") await back(html);
      else if (!answer.ok) {
        await back();
        if (!headers.has("HX-Retarget")) throw new Error(answer.status);
        await htmx.swap({ text: html, target: "#notice", swap: "innerHTML", sourceElement: letters });
      } else {
        htmx.trigger(letters, "htmx:abort");
        down();
        await htmx.swap({ text: html, target: letters, swap: "innerMorph", sourceElement: letters });
      }
    } catch {
      if (leaving) return; // it is kept
      failed = { key: body.get("key"), text };
      if (queue.length) await back();
      $("#notice").replaceChildren(Object.assign(document.createElement("p"), { textContent: $("#notice").dataset.offline }));
    } finally {
      sending = false;
      $("#write").classList.remove("htmx-request");
    }
    send();
  };
  if (live && $("#write")) {
    for (const at of Object.keys(localStorage).sort()) {
      if (!at.startsWith(unsent)) continue;
      const body = new FormData();
      for (const pair of JSON.parse(localStorage[at])) body.append(...pair);
      body.set("csrf_token", $("#write [name=csrf_token]").value);
      const text = body.get("content");
      if (Date.now() - at.slice(unsent.length) < 864e5) queue.push({ body, text, items: [], at });
      else { // nobody thinks of it any more
        localStorage.removeItem(at);
        box().value = words([box().value, text]);
      }
    }
  }
  on("pagehide", () => { leaving = true; }, window);
  on("pageshow", () => {
    leaving = false;
    send();
  }, window);
})();
