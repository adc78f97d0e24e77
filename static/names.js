/* While an @name is typed: the people it may become stand below the field; arrows choose, Enter or Tab takes, Escape closes. */
(() => {
  const WORD = /(?:^|[^\p{L}\p{N}_@/.])@([\p{L}\p{N}.+_-]{1,50})$/u;
  const said = Object.assign(document.createElement("p"), { className: "visually-hidden" });
  said.role = "status";
  document.body.append(said);
  let field, list, asked, wait;

  const typed = (area) => area.selectionStart === area.selectionEnd && area.value.slice(0, area.selectionStart).match(WORD);
  const close = () => {
    clearTimeout(wait);
    asked?.abort();
    list?.remove();
    for (const name of ["aria-controls", "aria-activedescendant"]) field?.removeAttribute(name);
    field = list = asked = undefined;
    said.textContent = "";
  };
  const mark = (option) => {
    for (const one of list.children) one.setAttribute("aria-selected", one === option);
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const marked = () => list.querySelector("[aria-selected=true]");
  const take = (option) => {
    const area = field, end = area.selectionStart, start = end - typed(area)[1].length;
    area.setRangeText(option.dataset.name + " ", start, end, "end");
    close();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  };
  const show = (area, html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("ul.names");
    if (!fresh?.children.length || document.activeElement !== area) return close();
    list?.remove();
    [field, list] = [area, fresh];
    list.id = "names";
    area.after(list);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", "names");
    mark(list.firstElementChild);
    list.scrollIntoView({ block: "nearest" });
    said.textContent = list.dataset.say;
  };
  const ask = async (area, beginning) => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const answer = await fetch(area.dataset.names + "?q=" + encodeURIComponent(beginning), { headers: { "HX-Request": "true" }, signal });
      const html = answer.ok ? await answer.text() : "";
      if (!signal.aborted) show(area, html);
    } catch {
      if (!signal.aborted) close();
    }
  };

  document.addEventListener("input", ({ target }) => {
    if (!target.matches("textarea[data-names]")) return;
    const found = typed(target);
    clearTimeout(wait);
    if (found) wait = setTimeout(ask, 150, target, found[1]);
    else close();
  });
  document.addEventListener("keydown", (event) => {
    if (!list || event.target !== field || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const all = [...list.children], step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(all.at((all.indexOf(marked()) + step) % all.length));
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) take(marked());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest(".names > li");
    if (!option) return;
    event.preventDefault(); // the field keeps the focus
    take(option);
  });
  document.addEventListener("focusout", ({ target }) => target === field && close());
})();
