/* The form of a post: each file is sent as soon as it is chosen, and shown, described, moved or removed meanwhile. */
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, listen, root = document) => root.addEventListener(type, listen);
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const say = (text) => $("#notice").replaceChildren(make("p", { textContent: text }));
  const form = $("#post-form");
  const shots = $("#shots"), words = JSON.parse(form.dataset.words), queue = [];
  const most = +form.dataset.most, megabytes = +form.dataset.megabytes;
  const fill = (name, values) => words[name].replace(/{(\w+)}/g, (_, key) => values[key]);
  const size = (file) => (file.size / 1e6).toFixed(1);
  const copy = (id) => $(id).content.firstElementChild.cloneNode(true);
  const parsed = (html) => make("template", { innerHTML: html }).content;
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
      const canvas = make("canvas", { width: bitmap.width, height: bitmap.height });
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      shot.image = make("img", { alt: "", width: bitmap.width, height: bitmap.height, src: canvas.toDataURL("image/webp", 0.8) });
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
    const told = parsed(responseText), answer = $(".shot", told);
    if (!answer) {
      $(".progress", shot).textContent = told.childElementCount === 1 ? told.textContent.trim() : status === 401 ? words.out : words.broken;
      $("[name=again]", shot).hidden = false;
      return;
    }
    const typed = $("textarea", shot), area = $("textarea", answer), focused = document.activeElement === typed;
    if (status === 201) {
      shot.become = answer;
      area.value = typed.value;
      if (shot.image && !$("img", answer)) $(".preview", answer).prepend(shot.image);
      say(fill("added", { name: shot.file.name }));
      $("#notice p").className = "visually-hidden"; // the picture itself shows it
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
  // What was typed outlives a log-in in between and a phone that drops the page; it is forgotten once it was sent.
  const typed = ["title", "content", "credit", "warning"].map((name) => form.elements[name]), place = "form " + location.pathname;
  const kept = JSON.parse(sessionStorage.getItem(place) || "null");
  if (kept && typed.every((field) => !field.value) && (!kept.sent || document.referrer.includes("/login/"))) {
    typed.forEach((field, n) => (field.value = kept.words[n]));
    if (kept.words.some(Boolean)) say(words.back);
  }
  const keep = (sent) => sessionStorage.setItem(place, JSON.stringify({ sent, words: typed.map((field) => field.value) }));
  on("input", () => keep(false), form);
  on("submit", (event) => {
    if (!$(".sending", shots)) keep(true);
    const unsent = $(".sending", shots);
    if (!unsent) return;
    event.preventDefault();
    if (sending || queue.length) wanted = event.submitter;
    say(wanted ? words.waiting : words.unsent);
    if (!wanted) $("[name=again]", unsent).focus();
  }, form);
})();
