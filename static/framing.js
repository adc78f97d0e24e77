/* Cropping by hand: the frame and its corners are dragged, and the four fields follow; typing in a field moves the frame. */
(() => {
  const NAMES = ["left", "top", "width", "height"], LEAST = 10;
  const form = () => document.querySelector("#framing");
  const field = (name) => form().elements[name];
  const part = () => NAMES.map((name, n) => {
    const typed = parseFloat(field(name).value);
    return Number.isFinite(typed) ? typed : n < 2 ? 0 : 100;
  });
  const within = (value, least, most) => Math.min(Math.max(value, least), most);
  const size = () => { const { width, height } = form().querySelector("svg").viewBox.baseVal; return [width, height]; };

  const draw = () => {
    const [across, down] = size(), [left, top, width, height] = part();
    const w = within(width, LEAST, 100), h = within(height, LEAST, 100);
    const [x, y] = [within(left, 0, 100 - w) * across / 100, within(top, 0, 100 - h) * down / 100];
    const [wide, high] = [w * across / 100, h * down / 100], focus = field("focus").value || "11";
    const set = (selector, values) => {
      for (const [name, value] of Object.entries(values)) form().querySelector(selector).setAttribute(name, value);
    };
    set(".kept", { x, y, width: wide, height: high });
    set(".off", { d: `M0 0H${across}V${down}H0zM${x} ${y}h${wide}v${high}h${-wide}z` });
    set(".point", { cx: x + wide * (+focus[1] + 0.5) / 3, cy: y + high * (+focus[0] + 0.5) / 3 });
    for (const corner of ["nw", "ne", "sw", "se"])
      set(`[data-grip=${corner}]`, { cx: corner[1] === "w" ? x : x + wide, cy: corner[0] === "n" ? y : y + high });
  };
  const write = (values) => {
    NAMES.forEach((name, n) => (field(name).value = Math.round(values[n] * 100) / 100));
    draw();
  };
  const free = () => {
    field("shape").value = "";
    for (const button of form().querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", "false");
  };

  // The corner that is dragged goes with the pointer, the one across from it stays; a chosen shape is kept.
  const resized = (corner, [left, top, width, height], across, down) => {
    const west = corner[1] === "w", north = corner[0] === "n", [W, H] = size();
    const right = left + width, bottom = top + height;
    let wide = within(width + (west ? -across : across), LEAST, west ? right : 100 - left);
    let high = within(height + (north ? -down : down), LEAST, north ? bottom : 100 - top);
    const [a, b] = field("shape").value.split(":");
    if (b) {
      const ratio = (a / b) * H / W; // of shares
      wide = Math.min(wide, (north ? bottom : 100 - top) * ratio);
      high = wide / ratio;
    }
    return [west ? right - wide : left, north ? bottom - high : top, wide, high];
  };
  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest?.("#framing [data-grip]");
    if (!grip || event.button) return;
    event.preventDefault();
    const svg = grip.ownerSVGElement, before = part(), corner = grip.dataset.grip, [W, H] = size();
    const box = svg.getScreenCTM();
    const move = ({ clientX, clientY }) => {
      const across = (clientX - event.clientX) / box.a / W * 100, down = (clientY - event.clientY) / box.d / H * 100;
      const [left, top, width, height] = before;
      write(corner ? resized(corner, before, across, down) : [within(left + across, 0, 100 - width), within(top + down, 0, 100 - height), width, height]);
    };
    const stop = () => {
      svg.removeEventListener("pointermove", move);
      if (corner && !field("shape").value) free();
    };
    svg.setPointerCapture(event.pointerId);
    svg.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, stop, { once: true });
  });
  // Who draws needs no numbers; they stay as they were opened, and what is wrong with one is seen.
  let numbers = false;
  const fold = () => {
    const fields = form()?.querySelector(".numbers");
    if (fields) fields.open = numbers || Boolean(fields.querySelector("[aria-invalid]"));
  };
  fold();
  document.addEventListener("htmx:after:swap", fold);
  document.addEventListener("click", ({ target }) => {
    const fields = target.closest("#framing .numbers > summary")?.parentElement;
    if (fields) numbers = !fields.open; // it is about to be
  });
  document.addEventListener("input", ({ target }) => {
    if (target.form !== form()) return;
    if (NAMES.includes(target.name)) free();
    draw();
  });
})();
