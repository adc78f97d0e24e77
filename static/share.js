/* Copying the link of a post or a new token, and the system's own way to send it on; without either it can be selected. */
(() => {
  const link = document.querySelector("#link, #token"), notice = document.querySelector("#notice");
  const copy = document.querySelector("[data-copy]"), share = document.querySelector("[data-share]");
  if (!link) return;
  const say = (words) => notice.replaceChildren(Object.assign(document.createElement("p"), { textContent: words }));
  const copied = async () => {
    try {
      await navigator.clipboard.writeText(link.value);
      return true;
    } catch {
      link.select(); // the older way, and where the page may not write by itself
      return document.execCommand("copy");
    }
  };
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    if (await copied()) say(copy.dataset.copy);
  });
  link.addEventListener("focus", () => link.select());
  if (!share) return;
  share.hidden = !navigator.share;
  share.addEventListener("click", () => {
    navigator.share({ title: share.dataset.share, url: link.value }).catch(() => {}); // closed without choosing
  });
})();
