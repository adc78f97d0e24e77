/* What htmx cannot say: likes that move at once, waking the stream, shortcuts, zoom, uploads with progress. */
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, listen, root = document) => root.addEventListener(type, listen);
  const notice = $("#notice");
  const say = (words) => notice.replaceChildren(Object.assign(document.createElement("p"), { textContent: words }));
  const items = () => all(".card, #grid li");
  let hush;
  new MutationObserver(() => {
    clearTimeout(hush);
    hush = setTimeout(() => notice.replaceChildren(), 10000);
  }).observe(notice, { childList: true });
  $("#errors")?.focus();

  // A like is shown at once; the answer replaces its form, so a form that is still there was refused.
  const flip = (form) => {
    const button = $("button", form), count = $("[id]", button);
    const pressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", pressed);
    count.textContent = (+count.textContent.replace(/\D/g, "") + (pressed ? 1 : -1)).toLocaleString("en");
  };
  let older = -1;
  on("htmx:before:request", ({ detail: { ctx } }) => {
    const source = ctx.sourceElement;
    if (source.matches("form.like")) flip(ctx.flipped = source);
    if (source.id === "older") older = source.matches(":focus") ? items().length : -1;
  });
  on("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.flipped?.isConnected) flip(ctx.flipped);
    if (older >= 0) items()[older]?.focus({ preventScroll: true });
    older = -1;
  });
  on("htmx:after:swap", ({ detail: { ctx } }) => ctx.target?.id === "older" && listen());
  const quiet = (source) => !source || source.matches("#live, [data-waiting]");
  on("htmx:error", ({ detail: { ctx } }) => quiet(ctx?.sourceElement) || say(notice.dataset.offline));
  on("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail, waits = quiet(ctx.sourceElement);
    const failed = ctx.response?.status >= 400;
    const same = waits && tasks[0]?.fragment.querySelector("[data-waiting]");
    if (failed ? waits || !ctx.hx?.retarget : same) event.preventDefault();
    if (failed && !waits && !ctx.hx?.retarget) say(notice.dataset.offline);
  });

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
  // hx-sse reconnects, but not after a first connection that failed.
  setInterval(() => {
    const live = $("#live");
    if (live && !document.hidden && !live._htmx?.sse) htmx.trigger(live, "live:again");
  }, 5000);

  let before = "";
  on("keydown", (event) => {
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

  const form = $("#post-form");
  if (!form) return;
  const shots = $("#shots"), words = JSON.parse(form.dataset.words), queue = [];
  const most = +form.dataset.most, megabytes = +form.dataset.megabytes;
  const fill = (name, values) => words[name].replace(/{(\w+)}/g, (_, key) => values[key]);
  const size = (file) => (file.size / 1e6).toFixed(1);
  const copy = (id) => $(id).content.firstElementChild.cloneNode(true);
  const parsed = (html) => Object.assign(document.createElement("template"), { innerHTML: html }).content;
  let sending = 0, wanted = null, dragged = null, previews = Promise.resolve();

  const add = (files) => {
    for (const file of files) {
      const shot = copy("#sending");
      const full = all(".shot:not(.refusal)", shots).length >= most;
      if (full || file.size > megabytes * 1e6) {
        const refusal = copy("#refusal");
        $(".name", refusal).textContent = file.name;
        $(".why", refusal).textContent = fill(full ? "many" : "big", { most: full ? most : megabytes, size: size(file) });
        shots.append(refusal);
        continue;
      }
      $(".name", shot).textContent = file.name;
      shots.append(shot);
      shot.file = file;
      preview(shot);
      wait(shot);
    }
    next();
  };
  const preview = (shot) => {
    previews = previews.then(() => createImageBitmap(shot.file, { resizeWidth: 320 })).then((bitmap) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      shot.image = Object.assign(new Image(), { alt: "", width: bitmap.width, height: bitmap.height, src: canvas.toDataURL("image/webp", 0.8) });
      const box = $(".preview", shot.become ?? shot);
      if (!$("img", box)) box.prepend(shot.image);
    }).catch(() => {}); // a format that only the server can read
  };
  const wait = (shot) => {
    $(".progress", shot).textContent = fill("queued", { size: size(shot.file) });
    $("[name=again]", shot).hidden = true;
    queue.push(shot);
  };
  const next = () => {
    while (sending < 3 && queue.length) send(queue.shift());
    if (sending || !wanted) return;
    const by = wanted;
    wanted = null;
    form.requestSubmit(by);
  };
  const send = (shot) => {
    const request = shot.request = new XMLHttpRequest(), body = new FormData();
    sending++;
    body.append("image", shot.file);
    request.open("POST", form.dataset.upload);
    request.setRequestHeader("X-CSRFToken", $("[name=csrf_token]", form).value);
    request.setRequestHeader("HX-Request", "true");
    request.upload.onprogress = ({ loaded, total }) => {
      $("progress", shot).value = loaded / total;
      $(".progress", shot).textContent = fill("progress", { percent: Math.round(100 * loaded / total), size: size(shot.file) });
    };
    request.onloadend = () => {
      sending--;
      if (shot.isConnected) settle(shot, request);
      next();
    };
    request.send(body);
  };
  const settle = (shot, { status, responseText }) => {
    const answer = parsed(responseText).querySelector(".shot");
    if (!answer) {
      $(".progress", shot).textContent = words.broken;
      $("[name=again]", shot).hidden = false;
      return;
    }
    const typed = $("textarea", shot), area = $("textarea", answer), focused = document.activeElement === typed;
    if (status === 201) {
      shot.become = answer;
      area.value = typed.value;
      if (shot.image && !$("img", answer)) $(".preview", answer).prepend(shot.image);
      say(fill("added", { name: shot.file.name }));
    }
    shot.replaceWith(answer);
    htmx.process(answer);
    if (focused) (area ?? $("button", answer)).focus();
  };

  all("[type=file]", form).forEach((input) => on("change", () => {
    add(input.files);
    input.value = "";
  }, input));
  on("paste", ({ clipboardData }) => add(clipboardData.files));
  on("dragover", (event) => {
    const over = dragged && event.target.closest?.(".shot");
    if (dragged || event.dataTransfer.types.includes("Files")) event.preventDefault();
    $("#drop").classList.toggle("over", !dragged);
    if (over && over !== dragged) over[dragged.compareDocumentPosition(over) & 4 ? "after" : "before"](dragged);
  });
  on("dragleave", ({ relatedTarget }) => relatedTarget || $("#drop").classList.remove("over"));
  on("drop", (event) => {
    event.preventDefault();
    $("#drop").classList.remove("over");
    if (!dragged) add(event.dataTransfer.files);
  });
  on("dragstart", ({ target }) => { dragged = target.closest?.(".preview")?.closest(".shot"); }, shots);
  on("dragend", () => { dragged = null; }, shots);
  on("click", (event) => {
    const button = event.target.closest("button"), shot = button?.closest(".shot");
    const near = shot && (shot.nextElementSibling ?? shot.previousElementSibling);
    if (!shot || button.name === "retry") return;
    event.preventDefault();
    if (button.name === "again") {
      wait(shot);
      next();
    } else if (button.name === "remove") {
      queue.splice(0, Infinity, ...queue.filter((other) => other !== shot));
      shot.request?.abort();
      shot.remove();
      (near ? $("textarea, button", near) : $("#images")).focus();
      say(words.removed);
    } else {
      if (button.name === "move-earlier") shot.previousElementSibling?.before(shot);
      else shot.nextElementSibling?.after(shot);
      button.focus();
      say(fill("moved", { place: all(".shot", shots).indexOf(shot) + 1 }));
    }
  }, shots);
  on("submit", (event) => {
    const unsent = $(".sending", shots);
    if (!unsent) return;
    event.preventDefault();
    if (sending || queue.length) wanted = event.submitter;
    say(wanted ? words.waiting : words.unsent);
    if (!wanted) $("[name=again]", unsent).focus();
  }, form);
})();
