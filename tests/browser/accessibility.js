// Contrast (1.4.3) is measured against the first opaque ground behind a text; large text is 24 px, or 18.66 px bold.
() => {
  const problems = [];
  const say = (rule, element) => problems.push(`${rule}: ${element.outerHTML.slice(0, 120)}`);
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
  const parse = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const luminance = ({ red, green, blue }) => {
    const [r, g, b] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let node = element; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.alpha === 1) return colour;
    }
    return { red: 255, green: 255, blue: 255 };
  };
  const contrast = (first, second) => {
    const [light, dark] = [luminance(first), luminance(second)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  if (!document.documentElement.lang) problems.push("3.1.1 the page names no language");
  if (!document.title.trim()) problems.push("2.4.2 the page has no title");
  if (document.querySelectorAll("main").length !== 1) problems.push("1.3.1 not exactly one main landmark");
  if (document.querySelectorAll("h1").length !== 1) problems.push("1.3.1 not exactly one heading of level 1");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) problems.push(`4.1.1 id twice: ${id}`);

  let level = 0;
  for (const heading of document.querySelectorAll("main h1, main h2, main h3, main h4, main h5, main h6")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) say(`1.3.1 a heading skips from ${level} to ${own}`, heading);
    if (!heading.innerText.trim()) say("2.4.6 an empty heading", heading);
    level = own;
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (isShown(field) && !field.labels.length && !field.ariaLabel && !["submit", "button"].includes(field.type)) {
      say("3.3.2 a field without a label", field);
    }
  }
  for (const control of document.querySelectorAll("a[href], button")) {
    const name = control.innerText.trim() || control.ariaLabel || control.textContent.trim();
    if (isShown(control) && !name) say("4.1.2 a control without a name", control);
  }
  for (const image of document.querySelectorAll("img:not([alt])")) say("1.1.1 a picture without a text", image);
  for (const region of document.querySelectorAll("section, nav")) {
    if (!region.ariaLabel && !region.hasAttribute("aria-labelledby")) say("1.3.1 a region without a name", region);
  }
  for (const reference of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    const named = `${reference.getAttribute("aria-labelledby") ?? ""} ${reference.getAttribute("aria-describedby") ?? ""}`;
    for (const id of named.trim().split(/\s+/)) {
      if (!document.getElementById(id)) say(`1.3.1 refers to an id that is not there (${id})`, reference);
    }
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.querySelector("th")) say("1.3.1 a table without headers", table);
  }

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !isShown(element) || element.closest("script, option")) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = contrast(parse(style.color), ground(element));
    if (ratio < (isLarge ? 3 : 4.5)) say(`1.4.3 contrast ${ratio.toFixed(2)}`, element);
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) problems.push("1.4.10 the page scrolls sideways");
  return problems;
}
