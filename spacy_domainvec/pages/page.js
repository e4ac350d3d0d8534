"use strict";
// Search, map and panel. All that comes from texts is put in as text, never as HTML.
(() => {
  document.documentElement.classList.add("js");
  const byId = (id) => document.getElementById(id);

  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", async () => {
      const area = byId(button.dataset.of);
      area.select();
      let done = false;
      try {
        await navigator.clipboard.writeText(area.value);
        done = true;
      } catch (error) {
        done = document.execCommand("copy");
      }
      button.nextElementSibling.textContent = done ? "Copied." : "The list is selected: copy it with the keyboard.";
    });
  }

  if (!byId("data")) return;
  const data = JSON.parse(byId("data").textContent);
  const kinds = ["known to the base", "new", "phrase", "acronym"];
  const weak = {
    rare: "Weak: rare.",
    alias: "Weak: the base's vector is another word's.",
    spelling: "Weak: known by its spelling only.",
  };
  const words = data.words.map(([word, kind, count, why, x, y, before, after, moved, examples]) => (
    { word, lower: word.toLowerCase(), kind, count, why, x, y, before, after, moved, examples: examples || [] }
  ));
  const hasExamples = words.some((word) => word.examples.length);
  const area = byId("map-area"), svg = area.querySelector("svg"), rings = svg.querySelector(".rings");
  const panel = byId("panel"), search = byId("search"), found = byId("found"), status = byId("search-status");
  const most = 12;
  // The word that was chosen, and the one that is shown: they differ while the pointer looks around.
  let chosen = null, shown = null;

  const make = (tag, text, parent, look) => {
    const node = document.createElement(tag);
    if (text) node.textContent = text;
    if (look) node.className = look;
    node.dir = "auto";
    parent.append(node);
    return node;
  };

  const draw = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    rings.append(node);
    return node;
  };

  const link = (word, parent) => {
    const button = make("button", word.word, parent, "word");
    button.type = "button";
    button.addEventListener("click", () => choose(word, panel.contains(button)));
    return button;
  };

  const near = (title, numbers, parent) => {
    const part = make("div", "", parent);
    make("h4", title, part);
    const list = make("ul", "", part);
    for (const number of numbers) {
      const item = make("li", "", list);
      if (number >= 0) link(words[number], item);
      else item.textContent = data.others[-1 - number];
    }
    if (!numbers.length) make("li", "not in the base", list, "soft");
  };

  const sentence = (text, word, parent) => {
    const item = make("li", "", parent), at = text.toLowerCase().indexOf(word.lower);
    if (at < 0) return void (item.textContent = text);
    item.append(text.slice(0, at));
    make("strong", text.slice(at, at + word.word.length), item);
    item.append(text.slice(at + word.word.length));
  };

  const show = (word, withExamples) => {
    shown = word;
    rings.replaceChildren();
    panel.replaceChildren();
    if (!word) {
      make("p", "Point at a word to see its neighbours. A click, or Enter, keeps it and shows sentences.", panel, "soft");
      return;
    }
    for (const number of word.after) if (number >= 0) draw("circle", { cx: words[number].x, cy: words[number].y, r: 6 });
    draw("circle", { cx: word.x, cy: word.y, r: 9, class: "here" });
    const isLeft = word.x > svg.viewBox.baseVal.width / 2;
    const look = `halo strong${isLeft ? " end" : ""}`;
    draw("text", { x: word.x + (isLeft ? -14 : 14), y: word.y + 4, class: look }).textContent = word.word;
    make("h3", word.word, panel).tabIndex = -1;
    const moved = word.moved === null ? "" : `, ${Math.round(100 * word.moved)}% of its neighbours changed`;
    const times = word.count === 1 ? "once" : `${word.count.toLocaleString("en")} times`;
    make("p", `${kinds[word.kind]}, ${times}${moved}. ${weak[word.why] || ""}`, panel, "soft");
    const pair = make("div", "", panel, "near");
    near("Before", word.before, pair);
    near("After", word.after, pair);
    if (!withExamples) {
      if (word.examples.length) make("p", "Click or press Enter for sentences.", panel, "soft");
      return;
    }
    if (word.examples.length) {
      make("h4", "Sentences", panel);
      const list = make("ul", "", panel, "sentences");
      for (const text of word.examples) sentence(text, word, list);
    } else if (hasExamples) make("p", "No sentence with this word is kept here.", panel, "soft");
    else make("p", "This page contains no sentences.", panel, "soft");
  };

  const choose = (word, moveFocus) => {
    chosen = word;
    show(word, true);
    if (moveFocus && word) panel.querySelector("h3").focus();
  };

  const nearest = (x, y, limit, fits) => {
    let best = null, least = limit * limit;
    for (const word of words) {
      const dx = word.x - x, dy = word.y - y, far = dx * dx + dy * dy;
      if (far < least && (!fits || fits(dx, dy))) [best, least] = [word, far];
    }
    return best;
  };

  const under = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return nearest(point.x, point.y, 28);
  };

  area.addEventListener("pointermove", (event) => {
    const word = event.pointerType === "mouse" ? under(event) : null;
    if (word && word !== shown) show(word, word === chosen);
  });
  area.addEventListener("pointerleave", () => {
    if (shown !== chosen) show(chosen, true);
  });
  area.addEventListener("click", (event) => {
    const word = under(event);
    if (word) choose(word);
  });
  area.addEventListener("keydown", (event) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
    if (dx || dy) {
      event.preventDefault();
      // The nearest word within 45 degrees of the arrow.
      const start = shown || { x: 360, y: 270 };
      const word = nearest(start.x, start.y, 1e4, (x, y) => {
        const along = x * dx + y * dy;
        return along > 0 && along >= Math.abs(x * dy + y * dx);
      });
      if (word) show(word, false);
    } else if (event.key === "Enter" && shown) choose(shown);
  });

  search.addEventListener("input", () => {
    const asked = search.value.trim().toLowerCase();
    found.replaceChildren();
    const hits = asked ? words.filter((word) => word.lower.includes(asked)) : [];
    const rank = (word) => (word.lower === asked ? 0 : word.lower.startsWith(asked) ? 1 : 2);
    hits.sort((a, b) => rank(a) - rank(b) || b.count - a.count);
    for (const word of hits.slice(0, most)) {
      const button = link(word, make("li", "", found));
      for (const name of ["focus", "mouseenter"]) button.addEventListener(name, () => show(word, word === chosen));
    }
    const some = hits.length > most ? `, the first ${most}:` : "";
    status.textContent = !asked ? "" : hits.length === 1 ? "1 word" : `${hits.length || "No"} words${some}`;
    if (hits.length) show(hits[0], false);
  });
  search.addEventListener("keydown", (event) => {
    const first = found.querySelector("button");
    if (!first) return;
    if (event.key === "Enter") first.click();
    if (event.key === "ArrowDown") {
      event.preventDefault();
      first.focus();
    }
  });
  found.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...found.querySelectorAll("button")];
    (buttons[buttons.indexOf(document.activeElement) + step] || search).focus();
  });

  show(null);
})();
