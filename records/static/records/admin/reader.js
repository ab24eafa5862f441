/* The statement's text beside a record's form. Every figure's quote is marked in it, the figure in
   hand most; selected words become the next figure, or the quote of the one in hand, with what
   they suggest for its other fields. The text is a field whose every change is refused, so that
   caret and selection work by keyboard as in any other. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const panel = document.querySelector(".reader");
  const group = document.getElementById("figures-group");
  if (!panel || !group) return;

  const about = JSON.parse(panel.dataset.reader);
  const part = (name) => panel.querySelector(`.reader-${name}`);
  const choice = panel.querySelector("#reader-choice");
  const text = part("text");
  const marks = part("marks");
  const status = part("status");
  const writable = about.figures === null;
  const $ = django.jQuery;

  const texts = new Map(); // key of a statement → {label, language, page, text}; null: not there
  const selectedAt = new WeakMap(); // row → place where its quote was last selected or stood
  const restsOn = new WeakMap(); // row → key of its statement
  const figures = new Map(); // key of a statement → figures that its text seems to have
  const searches = new Map(); // key of a statement → promise that they are known
  let shown = null; // key of the statement whose text is shown
  let inHand = null; // row of the figure in hand
  let told = ""; // the selection that was last spoken of
  let stepped = null; // the figure of the text that was last gone to

  // Rows

  const rows = () => [...group.querySelectorAll(".inline-related:not(.empty-form)")];
  const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const numberOf = (row) => rows().indexOf(row) + 1;

  /* What a row claims: {statement, quote, translation, at}. */
  const claimOf = (row) => {
    if (!writable) {
      const figure = about.figures[rows().indexOf(row)];
      return figure && { ...figure, statement: String(figure.statement) };
    }
    const at = field(row, "at").value;
    return {
      statement: field(row, "statement").value,
      quote: field(row, "quote").value,
      translation: field(row, "quote_translation").value,
      at: at === "" ? null : Number(at),
    };
  };

  const isGone = (row) => writable && field(row, "DELETE")?.checked;

  const say = (words, wrong = false) => {
    status.textContent = words;
    status.classList.toggle("reader-wrong", wrong);
  };

  // Texts

  const load = async (keys) => {
    const missing = [...new Set(keys)].filter((key) => key && !texts.has(key));
    for (let from = 0; from < missing.length; from += about.most_texts) {
      const asked = missing.slice(from, from + about.most_texts);
      const query = new URLSearchParams(asked.map((key) => ["id", key]));
      try {
        const response = await fetch(`${about.texts}?${query}`);
        if (!response.ok || response.redirected) throw new Error(response.status);
        asked.forEach((key) => texts.set(key, null));
        for (const one of (await response.json()).statements) {
          const { label, language, page } = one;
          texts.set(String(one.id), { label, language, page, text: new ReaderText(one.text) });
        }
      } catch {
        say("The statement's text could not be loaded: are you still signed in?", true);
        return;
      }
    }
  };

  const cited = () => rows().map((row) => claimOf(row)?.statement);

  /* Load what the rows cite and show it: what is in hand, else what is shown already. */
  const refresh = async () => {
    const preset = about.preset ? [String(about.preset)] : [];
    const keys = [...new Set([...preset, ...cited()])].filter(Boolean);
    await load(keys);
    const known = keys.filter((key) => texts.get(key));
    choice.replaceChildren(...known.map((key) => new Option(texts.get(key).label, key)));
    panel.hidden = known.length === 0;
    const wanted = inHand && claimOf(inHand)?.statement;
    show(known.includes(wanted) ? wanted : known.includes(shown) ? shown : (known[0] ?? null));
  };

  const show = (key) => {
    const statement = texts.get(key);
    if (key !== shown && statement) {
      shown = key;
      text.value = statement.text.shown;
      part("sheet").lang = statement.language;
      part("page").href = statement.page;
      part("scroll").scrollTop = 0;
      const empty = statement.text.shown === "";
      part("scroll").hidden = empty;
      part("empty").hidden = !empty;
      part("empty").textContent =
        "No text is on file for this statement. Paste it on the statement's page, and quotes are " +
        "found and checked here.";
      for (const name of ["tools", "help"]) part(name).hidden = empty || !writable;
    }
    if (key) choice.value = key;
    draw();
    if (statement && !searches.has(key)) searches.set(key, propose(key));
  };

  // Figures that the text seems to have

  /* Load them, and show them. */
  const propose = async (key) => {
    const statement = texts.get(key);
    if (!writable || statement.text.shown === "") return;
    const query = new URLSearchParams({ id: key, role: about.role });
    try {
      const response = await fetch(`${about.figures_of}?${query}`);
      if (!response.ok || response.redirected) return;
      const answer = await response.json();
      offerParties(answer.parties);
      const found = answer.figures.map((one) => ({
        ...one,
        range: statement.text.find(one.quote, one.at),
        rejected: false,
      }));
      figures.set(key, found.filter((one) => one.range));
    } catch {
      return; // a help, and nothing is lost without it
    }
    draw();
  };

  /* What is pressed before they are known is done once they are, in the order of the keys. */
  const onceFound = async (act) => {
    await searches.get(shown);
    return act();
  };

  // Parties that the text names

  const partyRows = () => [...document.querySelectorAll("#parties-group .form-row:not(.empty-form)")];
  const partyOf = (row) => row.querySelector('select[name$="-party"]');
  const roleOf = (row) => row.querySelector('select[name$="-role"]');

  /* Buttons that enter a party in one of the main roles. */
  const offerParties = (parties) => {
    const place = part("parties");
    if (!parties.length || !document.querySelector("#parties-group select")) return;
    place.hidden = false;
    for (const party of parties) {
      const one = document.createElement("span");
      one.append(`${party.text}: `);
      for (const role of about.roles) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = role;
        button.setAttribute("aria-label", `${party.text} is ${/^[aeiou]/.test(role) ? "an" : "a"} ${role}`);
        button.addEventListener("click", () => enterParty(party, role));
        one.append(button, " ");
      }
      place.append(one);
    }
  };

  const enterParty = (party, role) => {
    if (partyRows().some((row) => partyOf(row)?.value === party.id && roleOf(row).value === role))
      return say(`${party.text} is a ${role} already.`);
    const isFree = (row) => partyOf(row) && !partyOf(row).value;
    let row = partyRows().find((one) => isFree(one) && roleOf(one).value === role);
    if (!row) {
      document.querySelector("#parties-group .add-row a").click();
      row = partyRows().findLast(isFree);
      roleOf(row).value = role;
    }
    setChoice(partyOf(row), party.id, party.text);
    say(`${party.text} is entered as ${role}.`);
  };

  /* Those that are neither rejected nor quoted by a row. */
  const openFigures = () => {
    const quoted = rows().map((row) => !isGone(row) && claimOf(row)?.statement === shown && rangeOf(row));
    const covers = ([from, to]) => quoted.some((range) => range && range[0] < to && from < range[1]);
    return (figures.get(shown) ?? []).filter((one) => !one.rejected && !covers(one.range));
  };

  const rangeOf = (row) => {
    const claim = claimOf(row);
    return claim.quote.trim() ? texts.get(claim.statement)?.text.find(claim.quote, claim.at) : null;
  };

  const selectedFigure = () =>
    openFigures().find(({ range }) => range[0] === text.selectionStart && range[1] === text.selectionEnd);

  const tellFigure = (one, before = "") => {
    const doubts = one.doubts.length ? ` Not understood: ${one.doubts.join("; ")}.` : "";
    const also = [...one.notes, ...one.parties, ...one.dates].join(", ");
    say(
      `${before}“${one.quote.trim()}” reads ${one.reading}${also ? ` (${also})` : ""}.${doubts} Enter accepts it, Delete rejects it.`,
      doubts !== "",
    );
  };

  /* Select the next or the previous of them. */
  const step = (forward, before = "") => {
    const all = openFigures();
    if (!all.length) return say(`${before}No other figure was found in the text.`);
    const after = all.filter(({ range }) => range[0] > text.selectionStart);
    const earlier = all.filter(({ range }) => range[0] < text.selectionStart);
    const one = forward ? (after[0] ?? all[0]) : (earlier.at(-1) ?? all.at(-1));
    text.setSelectionRange(...one.range);
    stepped = one;
    told = `${shown}:${one.range[0]}-${one.range[1]}`;
    tellFigure(one, before);
    const mark = marks.querySelector(`[data-at="${one.range[0]}"]`);
    const scroll = part("scroll");
    if (mark && (mark.offsetTop < scroll.scrollTop || mark.offsetTop > scroll.scrollTop + scroll.clientHeight - 40))
      scroll.scrollTop = mark.offsetTop - scroll.clientHeight / 3;
  };

  const reject = (one) => {
    one.rejected = true;
    draw();
    const rejected = `“${one.quote.trim()}” is no figure of this record.`;
    if (openFigures().length) step(true, `${rejected} Next: `);
    else say(rejected);
  };

  const countFigures = () => {
    const all = figures.get(shown) ?? [];
    const left = openFigures();
    const doubtful = left.filter((one) => one.doubts.length).length;
    part("found").hidden = all.length === 0;
    part("found").textContent =
      `${left.length} of ${all.length} figures found in the text are open` +
      (doubtful ? `, ${doubtful} of them not understood in full (dotted)` : "") +
      ". Alt+↓ and Alt+↑ go through them.";
  };

  // Marks

  /* The text in pieces, each with the rows whose quotes cover it. */
  const draw = () => {
    const statement = texts.get(shown);
    const found = [];
    for (const row of rows()) {
      const range = note(row);
      if (range && claimOf(row).statement === shown) found.push([...range, row]);
      row.classList.toggle("reader-in-hand", row === inHand);
    }
    if (!statement) return;
    const whole = statement.text.shown;
    const proposed = openFigures();
    const ends = [...found, ...proposed.map(({ range }) => range)].flatMap(([from, to]) => [from, to]);
    const cuts = [...new Set([0, whole.length, ...ends])];
    cuts.sort((one, other) => one - other);
    marks.replaceChildren();
    for (const [n, from] of cuts.slice(0, -1).entries()) {
      const covering = found.filter(([start, end]) => start <= from && from < end);
      const piece = document.createTextNode(whole.slice(from, cuts[n + 1]));
      const seems = proposed.find(({ range }) => range[0] <= from && from < range[1]);
      if (!covering.length && seems) {
        const line = document.createElement("u");
        line.dataset.at = from;
        line.classList.toggle("reader-doubtful", seems.doubts.length > 0);
        line.append(piece);
        marks.append(line);
        continue;
      }
      if (!covering.length) {
        marks.append(piece);
        continue;
      }
      const mark = document.createElement("mark");
      mark.classList.toggle("reader-mark-in-hand", covering.some(([, , row]) => row === inHand));
      mark.append(piece);
      marks.append(mark);
    }
    marks.append("\n"); // as much room as the field gives to a last, empty line
    countFigures();
    tellTools();
  };

  /* Say at the row whether its quote stands in the text; the range where it does. */
  const note = (row) => {
    const claim = claimOf(row);
    const statement = claim && texts.get(claim.statement);
    let words = "";
    let range = null;
    if (isGone(row) || !claim?.statement) words = "";
    else if (statement === null) words = "This statement is not there any more: choose another.";
    else if (statement?.text.shown === "")
      words = "No text on file: paste it on the statement's page.";
    else if (statement && claim.quote.trim()) {
      range = statement.text.find(claim.quote, claim.at);
      if (!range) words = "These words do not occur in the statement's text.";
    }
    if (writable && statement) field(row, "quote").lang = statement.language;
    let place = row.querySelector(".reader-note");
    if (!place) {
      place = document.createElement("p");
      place.className = "reader-note";
      (row.querySelector(".field-quote") || row).append(place);
    }
    if (place.textContent !== words) place.textContent = words;
    place.hidden = words === "";
    return range;
  };

  const reveal = () => {
    const mark = marks.querySelector(".reader-mark-in-hand");
    if (!mark) return;
    const scroll = part("scroll");
    const top = mark.offsetTop - scroll.scrollTop;
    if (top < 0 || top + mark.offsetHeight > scroll.clientHeight)
      scroll.scrollTop = mark.offsetTop - scroll.clientHeight / 3;
  };

  const takeInHand = (row) => {
    inHand = row;
    const claim = claimOf(row);
    if (texts.get(claim?.statement)) show(claim.statement);
    else draw();
    reveal();
    if (claim?.translation) say(`“${claim.quote}”: in English “${claim.translation}”.`);
  };

  // Selecting

  /* The selected words without the space around them: {quote, at}, or null. */
  const selected = () => {
    const words = text.value.slice(text.selectionStart, text.selectionEnd);
    const quote = words.trim();
    if (!quote) return null;
    const start = text.selectionStart + words.indexOf(quote);
    return { quote, at: texts.get(shown).text.placeOf(start) };
  };

  const letters = new RegExp(`[${about.unspaced}]`, "gu");
  const counts = (quote) => ({
    words: quote.split(/\s+/).length,
    letters: (quote.match(letters) || []).length,
    characters: [...quote].length,
  });

  /* Why a quote is too long; empty if it is not. */
  const tooLong = (quote) => {
    const { words, letters: written, characters } = counts(quote);
    if (words > about.most_words)
      return `${words} words are selected: a quote has at most ${about.most_words}. Select fewer.`;
    if (written > about.most_letters)
      return `${written} characters are selected: a quote has at most ${about.most_letters} of this script. Select fewer.`;
    if (characters > about.most_characters)
      return `A quote has at most ${about.most_characters} characters. Select fewer.`;
    return "";
  };

  const tellTools = () => {
    const row = inHand && rows().includes(inHand) && !isGone(inHand) ? inHand : null;
    part("put").hidden = !row;
    if (row) part("put").textContent = `Quote of figure ${numberOf(row)}`;
  };

  const tellSelection = () => {
    if (!writable || document.activeElement !== text) return;
    // The browser tells of a selection again where it did not change.
    const range = `${shown}:${text.selectionStart}-${text.selectionEnd}`;
    if (range === told) return;
    told = range;
    const chosen = selected();
    if (!chosen) return;
    const seems = selectedFigure();
    if (seems) return tellFigure(seems);
    const wrong = tooLong(chosen.quote);
    say(wrong || `“${chosen.quote}”: Enter makes it a figure.`, wrong !== "");
  };

  /* An empty row at hand, else a new one below the others. */
  const nextRow = () => {
    const isEmpty = (row) =>
      ["quote", "measure", "value", "lower", "upper"].every((name) => !field(row, name).value) &&
      !field(row, "id")?.value &&
      !isGone(row);
    const empty = rows().find(isEmpty);
    if (empty) return empty;
    group.querySelector(".add-row a").click();
    return rows().at(-1);
  };

  const setChoice = (select, key, label) => {
    if (select.value === String(key)) return;
    if (![...select.options].some((option) => option.value === String(key)))
      select.append(new Option(label, key));
    $(select).val(String(key)).trigger("change");
  };

  const take = async (row) => {
    const chosen = selected();
    if (!chosen) return say("Select the words that bear the figure first.", true);
    const wrong = tooLong(chosen.quote);
    if (wrong) return say(wrong, true);
    const key = shown;
    const seems = selectedFigure();
    row ??= nextRow();
    inHand = row;
    setChoice(field(row, "statement"), key, texts.get(key).label);
    field(row, "quote").value = chosen.quote;
    field(row, "at").value = chosen.at;
    selectedAt.set(row, chosen.at);
    field(row, "quote").dispatchEvent(new Event("change", { bubbles: true }));
    draw();
    row.scrollIntoView({ block: "nearest" });
    say(`Figure ${numberOf(row)} quotes “${chosen.quote}”.`);
    if (seems) {
      put(row, chosen.quote, seems);
      // Who goes through them has the next one at hand: Enter after Enter accepts them all.
      if (seems === stepped && openFigures().length) step(true, `${status.textContent} Next: `);
    } else await fill(row, chosen.quote, texts.get(key).language);
  };

  // Suggesting

  const FILLED = ["measure", "value", "lower", "upper", "item", "unit", "currency", "party_type", "party_role"];

  const isUntouched = (row) => FILLED.every((name) => !field(row, name).value);

  const fill = async (row, words, language) => {
    if (!isUntouched(row)) return;
    const query = new URLSearchParams({ words, language, role: about.role });
    let answer;
    try {
      const response = await fetch(`${about.suggestion}?${query}`);
      if (!response.ok || response.redirected) return;
      answer = await response.json();
    } catch {
      return; // a suggestion is a help, and nothing is lost without it
    }
    // Meanwhile the curator may have written something, or chosen other words.
    if (row.isConnected && field(row, "quote").value === words) put(row, words, answer);
  };

  /* Fill a row with what the words suggest, unless something is in it. */
  const put = (row, words, answer) => {
    if (!isUntouched(row)) return;
    const doubts = answer.doubts ?? [];
    for (const [name, value] of Object.entries(answer.fields)) {
      const input = field(row, name);
      if (name === "item") setChoice(input, answer.item.id, answer.item.text);
      else {
        input.value = value;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
      mark(input, doubts);
    }
    const detail = { understood: doubts.length === 0 };
    row.dispatchEvent(new CustomEvent("figure:read", { bubbles: true, detail }));
    const values = Object.entries(answer.fields).map(([name, value]) => (name === "item" ? answer.item.text : value));
    const suggested = values.filter(Boolean).join(", ").replaceAll("_", " ");
    if (suggested)
      say(
        `Figure ${numberOf(row)} quotes “${words}”. Suggested: ${suggested}. Check it in the form.` +
          (doubts.length ? ` Not understood: ${doubts.join("; ")}.` : ""),
        doubts.length > 0,
      );
  };

  const boxOf = (input) => input.closest(".fieldBox") || input.closest(".form-row");

  const mark = (input, doubts) => {
    const box = boxOf(input);
    if (box.classList.contains("reader-suggested")) return;
    box.classList.add("reader-suggested");
    box.classList.toggle("reader-not-understood", doubts.length > 0);
    box.title = ["Suggested from the quote: check it", ...doubts].join("; ");
    const clear = () => {
      box.classList.remove("reader-suggested", "reader-not-understood");
      box.removeAttribute("title");
      $(input).off("change.reader input.reader");
    };
    $(input).on("change.reader input.reader", clear);
  };

  // Events

  // What happens in the panel is no change of the form.
  for (const name of ["input", "change"]) panel.addEventListener(name, (event) => event.stopPropagation());

  text.addEventListener("beforeinput", (event) => event.preventDefault());
  text.addEventListener("input", () => {
    // Composed input cannot be refused beforehand.
    const { selectionStart } = text;
    text.value = texts.get(shown).text.shown;
    text.setSelectionRange(selectionStart, selectionStart);
  });
  text.addEventListener("keydown", (event) => {
    if (writable && event.key === "Delete") onceFound(() => selectedFigure() && reject(selectedFigure()));
    if (event.key === "Escape" && writable && inHand?.isConnected) field(inHand, "measure").focus();
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (!writable) return;
    onceFound(() => {
      if (event.shiftKey && !part("put").hidden) take(inHand);
      else if (!event.shiftKey) take(null);
    });
  });
  // From wherever one is in the form, but in lists, which these keys open.
  document.addEventListener(
    "keydown",
    (event) => {
      const isStep = event.altKey && ["ArrowDown", "ArrowUp"].includes(event.key);
      if (!writable || !isStep || panel.hidden || event.target.closest("select, .select2-dropdown")) return;
      event.preventDefault();
      event.stopPropagation();
      if (panel.classList.contains("reader-folded")) part("fold").click();
      text.focus({ preventScroll: true });
      onceFound(() => step(event.key === "ArrowDown"));
    },
    true,
  );
  document.addEventListener("selectionchange", tellSelection);
  text.addEventListener("select", tellSelection);
  choice.addEventListener("change", () => show(choice.value));
  // The selection must outlive the press of a button.
  for (const name of ["new", "put"]) part(name).addEventListener("mousedown", (event) => event.preventDefault());
  part("new").addEventListener("click", () => take(null));
  part("put").addEventListener("click", () => take(inHand));
  part("fold").addEventListener("click", (event) => {
    const folded = panel.classList.toggle("reader-folded");
    event.target.setAttribute("aria-expanded", String(!folded));
    event.target.textContent = folded ? "Show the text" : "Hide the text";
  });
  part("help").textContent =
    `Select at most ${about.most_words} words, by mouse or with Shift and the arrow keys. Enter makes ` +
    "them the next figure, Shift+Enter the quote of the figure in hand; Escape goes to its fields. What is underlined seems to be a figure.";

  group.addEventListener("focusin", (event) => {
    const row = event.target.closest(".inline-related");
    if (row && row !== inHand && !event.target.closest(".reader-find")) takeInHand(row);
  });

  const equip = (row) => {
    if (row.querySelector(".reader-find")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "reader-find";
    button.textContent = "Find in the text";
    button.addEventListener("click", () => {
      takeInHand(row);
      const claim = claimOf(row);
      const range = texts.get(claim.statement)?.text.find(claim.quote, claim.at);
      if (panel.classList.contains("reader-folded")) part("fold").click();
      text.focus({ preventScroll: true });
      if (range) text.setSelectionRange(...range);
      reveal();
    });
    (row.querySelector(":scope > h3") || row).append(button);
    if (!writable) return;
    restsOn.set(row, field(row, "statement").value);
    if (field(row, "at").value !== "") selectedAt.set(row, Number(field(row, "at").value));
  };

  if (writable) {
    group.addEventListener("input", (event) => {
      if (!event.target.name?.endsWith("-quote")) return;
      // Typed words keep the place only where they still stand there.
      const row = event.target.closest(".inline-related");
      const place = selectedAt.get(row) ?? null;
      const known = texts.get(field(row, "statement").value)?.text;
      const range = place === null ? null : known?.find(event.target.value, place);
      field(row, "at").value = range && known.placeOf(range[0]) === place ? place : "";
      draw();
    });
    $(group).on("change", 'select[name$="-statement"]', (event) => {
      const row = event.target.closest(".inline-related");
      // The admin's own scripts tell of changes when the page opens.
      if (restsOn.get(row) === event.target.value) return;
      restsOn.set(row, event.target.value);
      field(row, "at").value = "";
      selectedAt.delete(row);
      refresh();
    });
    $(group).on("change", 'input[name$="-DELETE"]', draw);
    group.addEventListener("formset:added", (event) => {
      equip(event.target);
      draw();
    });
    document.addEventListener("formset:removed", (event) => {
      if (event.detail.formsetName === "figures") refresh();
    });
  }
  rows().forEach(equip);
  refresh();
});
