/* What htmx cannot say: likes and bookmarks that move at once, keeping the stream awake, shortcuts, zoom. */
(() => {
  // Where a browser may store nothing, asking it to is an error; there it forgets instead.
  try {
    localStorage;
  } catch {
    const forgets = { getItem: () => null, setItem() {}, removeItem() {}, clear() {} };
    for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { value: forgets });
  }
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, listen, root = document) => root.addEventListener(type, listen);
  const notice = $("#notice");
  const say = (words) => notice.replaceChildren(Object.assign(document.createElement("p"), { textContent: words }));
  const items = () => all(".card, #grid li");

  // Back shows a page as it was left. One from before a log-out, or of somebody else, is asked for again instead.
  const { person = "" } = document.body.dataset, shown = "person";
  const left = () => (localStorage.getItem(shown) ?? "") !== person;
  const again = () => {
    document.documentElement.style.visibility = "hidden";
    location.reload();
  };
  on("pageshow", ({ persisted }) => persisted && left() && again(), window);
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward" && left()) again();
  else {
    if (left()) localStorage.clear(); // what somebody has not sent yet is nobody else's
    if (person) localStorage.setItem(shown, person);
  }

  let hush;
  new MutationObserver(() => {
    clearTimeout(hush);
    hush = setTimeout(() => notice.replaceChildren(), 10000);
  }).observe(notice, { childList: true });
  $("#errors")?.focus();

  // What begins with the name of who is answered is written on behind it.
  const goOn = (area) => area?.matches("textarea[autofocus]") && !area.selectionEnd && area.setSelectionRange(area.value.length, area.value.length);
  goOn(document.activeElement);
  on("focusin", ({ target }) => goOn(target));

  // A like or repost is shown at once; the answer replaces its form, so a form that is still there was refused.
  const flip = (form) => {
    const button = $("button", form), count = $("[id]", button);  // a bookmark has none
    const pressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", pressed);
    if (count) count.textContent = (+count.textContent.replace(/\D/g, "") + (pressed ? 1 : -1)).toLocaleString("en");
  };
  // The second of a double click would take back what the first has done, where the answer came between them.
  on("click", (event) => event.detail > 1 && event.target.closest("form.like, form.act, form.follow") && event.preventDefault());
  let older = -1;
  on("htmx:before:request", ({ detail: { ctx } }) => {
    const source = ctx.sourceElement;
    if (source.matches("form.like, form.act")) flip(ctx.flipped = source);
    if (source.id === "older") older = source.matches(":focus") ? items().length : -1;
  });
  on("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.flipped?.isConnected) flip(ctx.flipped);
    if (older >= 0) items()[older]?.focus({ preventScroll: true });
    older = -1;
  });
  on("htmx:after:swap", ({ detail: { ctx } }) => ctx.target?.id === "older" && listen());
  const quiet = (source) => !source || source.matches("[hidden], [data-waiting], [data-quiet]");
  let stale = false; // what came by itself did not come: it is asked for again
  const missed = (source) => { stale ||= !!source?.matches("[data-waiting], [data-quiet]"); };
  on("htmx:error", ({ detail: { ctx } }) => {
    if (quiet(ctx?.sourceElement)) missed(ctx?.sourceElement);
    else say(notice.dataset.offline);
  });
  on("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail, waits = quiet(ctx.sourceElement);
    const failed = ctx.response?.status >= 400;
    const same = ctx.sourceElement?.matches("[data-waiting]") && ctx.target === ctx.sourceElement && tasks[0]?.fragment.querySelector("[data-waiting]");
    if (failed && waits) missed(ctx.sourceElement);
    if (failed ? waits || !ctx.hx?.retarget : same) event.preventDefault();
    if (failed && !waits && !ctx.hx?.retarget) say(notice.dataset.offline);
  });

  // What was typed into a form of a single field outlives a log-in in between.
  const typed = "typed " + location.pathname, closed = `closed ${person} ${location.pathname}`;
  on("submit", ({ target }) => {
    const field = $("[data-kept]", target);
    if (field) sessionStorage.setItem(typed, field.value);
  });
  const field = $("[data-kept]"), kept = sessionStorage.getItem(closed) || (document.referrer.includes("/login/") && sessionStorage.getItem(typed));
  sessionStorage.removeItem(typed);
  if (field) sessionStorage.removeItem(closed);
  if (field && kept && !field.value) field.value = kept;

  // The stream of a page that has loaded older posts follows those too.
  const listen = () => {
    const live = $("#live"), stream = live?._htmx?.sse;
    if (!live) return;
    const address = new URL(live.getAttribute("hx-sse:connect"), location);
    address.searchParams.set("posts", items().map((item) => item.id.slice(5)).join());
    if (stream?.lastEventId) address.searchParams.set("since", stream.lastEventId);
    const fresh = live.cloneNode();
    fresh.removeAttribute("data-htmx-powered");
    fresh.setAttribute("hx-sse:connect", address.pathname + address.search);
    live.replaceWith(fresh);
    stream?.reader?.cancel();
    htmx.process(fresh);
  };
  // Something on the page is not the reader's to see any more: what it is, is asked for.
  on("anew", async () => {
    const address = new URL($("#live").getAttribute("hx-sse:connect"), location), field = $("[data-kept]");
    await htmx.ajax("GET", address.pathname + "gone/?posts=" + (address.searchParams.get("posts") ?? ""), { target: "#live", swap: "none" });
    if (field?.value && !field.isConnected) sessionStorage.setItem(closed, field.value); // until it opens again
  });
  // hx-sse reconnects, but not after a first connection that failed.
  setInterval(() => {
    const live = $("#live");
    if (live && !document.hidden && !live._htmx?.sse) htmx.trigger(live, "live:again");
    if (stale && !document.hidden) {
      stale = false;
      htmx.trigger(document.body, "resync");
    }
  }, 5000);

  // Beside the clock that a member chose, that of the device.
  const own = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  on("mouseover", ({ target }) => {
    const time = target.closest("time[title]");
    if (time) time.title = new Date(time.dateTime).toLocaleString(document.documentElement.lang, own);
  });

  // The time zone of this device: sent along by who signs up, offered to who chooses one.
  const zone = $("[data-zone]");
  if (zone) {
    const called = (timeZone) => {
      try {
        return Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone; // some by the name of before
      } catch {} // this browser knows it by no name
    };
    const here = called(), choice = $("#time_zone");
    if (!choice) zone.value = here;
    const own = choice && [...choice.options].find(({ value }) => value && called(value) === here)?.value;
    const offer = () => (zone.hidden = choice.value === own);
    if (own) {
      zone.textContent = `${zone.dataset.zone} ${own}`;
      on("change", offer, choice);
      on("click", () => {
        choice.value = own;
        offer();
        choice.focus();
      }, zone);
      offer();
    }
  }

  // A menu closes by a click elsewhere, and by Escape.
  const menus = () => all("details[data-menu][open]");
  on("click", ({ target }) => menus().forEach((menu) => menu.contains(target) || (menu.open = false)));
  on("keydown", ({ key }) => {
    const menu = key === "Escape" && menus().pop();
    if (!menu) return;
    menu.open = false;
    $("summary", menu).focus();
  });

  let before = "";
  on("keydown", (event) => {
    const { key: pressed, target, shiftKey, isComposing } = event;
    if (pressed === "Enter" && "enter" in target.dataset && !shiftKey && !isComposing && matchMedia("(pointer: fine)").matches) {
      event.preventDefault();
      target.form.requestSubmit();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const key = before === "g" ? "g " + event.key : event.key;
    before = event.key;
    const wide = event.key.length > 1;
    if (!wide && !("shortcuts" in document.body.dataset)) return;
    const list = items();
    const here = list.findIndex((item) => item.contains(document.activeElement));
    const near = here < 0 ? list.findIndex((item) => item.getBoundingClientRect().bottom > 60) : here;
    if (key === "j" || key === "k") {
      const item = list[here < 0 ? near : here + (key === "j" ? 1 : -1)];
      item?.focus({ preventScroll: true });
      item?.scrollIntoView({ block: "start" });
    } else if (key === "l") $(".like button, a.like", list[near] ?? document)?.click();
    else if (key === "s") $(".save button", list[near] ?? document)?.click();
    else if (view && /^[-+=]$/.test(key)) zoom(key === "-" ? scale / 1.5 : scale * 1.5);
    else $(`[data-key="${CSS.escape(key)}"]`)?.click();
  });

  // One photograph, closer: by click or key; the mouse moves about in it; a swipe goes on.
  const view = $("#view .zoom")?.parentElement, picture = view && $("img", view);
  let scale = 1, touch;
  const zoom = (to, x = 0.5, y = 0.5) => {
    const fit = Math.min(view.clientWidth, view.clientHeight * picture.naturalWidth / picture.naturalHeight);
    scale = Math.min(Math.max(to, 1), 6);
    view.classList.toggle("closer", scale > 1);
    picture.style.width = scale > 1 ? fit * scale + "px" : "";
    look(x, y);
  };
  const look = (x, y) => view.scrollTo((view.scrollWidth - view.clientWidth) * x, (view.scrollHeight - view.clientHeight) * y);
  const place = ({ clientX, clientY }) => {
    const box = view.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  };
  if (view) {
    on("click", (event) => {
      event.preventDefault();
      zoom(scale > 1 ? 1 : 2.5, ...place(event));
    }, view);
    on("pointermove", (event) => event.pointerType === "mouse" && scale > 1 && look(...place(event)), view);
    on("touchstart", ({ touches }) => { touch = touches.length === 1 && scale === 1 && touches[0]; }, view);
    on("touchend", ({ changedTouches: [end] }) => {
      const across = touch ? end.clientX - touch.clientX : 0;
      if (Math.abs(across) > 60 && Math.abs(across) > 2 * Math.abs(end.clientY - touch.clientY))
        $(across < 0 ? "nav [rel=next]" : "nav [rel=prev]")?.click();
    }, view);
  }
})();
