/* A statement's text as the page shows it, and how its places are counted. The database counts
   characters (code points) of the text as it was filed; the page counts 16-bit units, two for an
   emoji, and shows a line break of two characters as one. */
"use strict";

window.ReaderText = class ReaderText {
  constructor(filed) {
    this.shown = filed.replace(/\r\n?/g, "\n");
    // places[i]: the place in the filed text of the unit at i in the shown one.
    this.places = new Uint32Array(this.shown.length + 1);
    let place = 0;
    let at = 0;
    for (let unit = 0; unit < filed.length; ) {
      this.places[at] = place;
      if (filed[unit] === "\r" && filed[unit + 1] === "\n") {
        unit += 2;
        place += 2;
        at += 1;
        continue;
      }
      const units = filed.codePointAt(unit) > 0xffff ? 2 : 1;
      if (units === 2) this.places[at + 1] = place;
      unit += units;
      at += units;
      place += 1;
    }
    this.places[at] = place;
  }

  placeOf(unit) {
    return this.places[unit];
  }

  /* The unit at a place; -1 if the place lies beyond the text. */
  unitAt(place) {
    let low = 0;
    let high = this.places.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.places[middle] < place) low = middle + 1;
      else high = middle;
    }
    return this.places[low] === place ? low : -1;
  }

  /* Where a quote is: [first unit, unit after its last] at the place given, if it is there, else
     where it is verbatim, else where it is first with other spaces and signs; null if nowhere. The
     same as in records/models/quotes.py. */
  find(quote, place) {
    const words = quote.replace(/\r\n?/g, "\n").trim();
    if (!words) return null;
    const given = place === null ? -1 : this.unitAt(place);
    if (given >= 0 && this.shown.startsWith(words, given)) return [given, given + words.length];
    const verbatim = this.shown.indexOf(words);
    if (verbatim >= 0 && given < 0) return [verbatim, verbatim + words.length];
    for (const hyphenated of [true, false]) {
      const found = this.alikePlaces(words, hyphenated);
      const chosen = found.find(([start]) => start === given);
      if (!chosen && verbatim >= 0) return [verbatim, verbatim + words.length];
      if (found.length) return chosen ?? found[0];
    }
    return null;
  }

  /* The places of a quote, whatever the spaces and signs. */
  alikePlaces(words, hyphenated) {
    this.texts ??= new Map();
    if (!this.texts.has(hyphenated)) this.texts.set(hyphenated, ReaderText.comparable(this.shown, hyphenated));
    const { plain, starts, ends } = this.texts.get(hyphenated);
    const wanted = ReaderText.comparable(words, hyphenated).plain.trim();
    const found = [];
    for (let first = plain.indexOf(wanted); wanted && first >= 0; first = plain.indexOf(wanted, first + 1)) {
      const last = first + wanted.length - 1;
      if (starts[first - 1] !== starts[first] && starts[last + 1] !== starts[last])
        found.push([starts[first], ends[last]]);
    }
    return found;
  }

  /* The text with one kind of space and of each sign; and of each unit, where it is in the text. A
     line break after a hyphen in a word is no space, nor is a space between characters of scripts
     without spaces; if not hyphenated, the hyphen at the line break is none either. */
  static comparable(text, hyphenated) {
    const units = [];
    const starts = [];
    const ends = [];
    const drop = () => [units, starts, ends].forEach((list) => list.pop());
    let breaks = false; // whether a word goes on after the line break that may follow
    let joined = false; // whether that line break was there
    for (const { 0: letter, index } of text.matchAll(/.\p{Mn}*/gsu)) {
      const alike = ReaderText.comparableLetter(letter);
      if (alike === " " && breaks && (joined || /^[\n\r\v\f\x85\u2028\u2029]/u.test(letter))) {
        joined = true;
        if (units.at(-1) === "-" && !hyphenated) drop();
        continue;
      }
      if (alike === " " && units.at(-1) === " ") {
        ends[ends.length - 1] = index + letter.length;
        continue;
      }
      if (ReaderText.isUnspaced(alike) && units.at(-1) === " " && ReaderText.isUnspaced(units.at(-2) ?? "")) drop();
      joined = false;
      breaks = /[\p{L}\p{N}]/u.test(units.at(-1) ?? "") && (alike === "-" || letter === "\u00ad");
      for (const unit of alike.split("")) {
        units.push(unit);
        starts.push(index);
        ends.push(index + letter.length);
      }
    }
    return { plain: units.join(""), starts, ends };
  }

  static isUnspaced(letter) {
    return /^[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]/u.test(letter);
  }

  static comparableLetter(letter) {
    if (/^[\p{Cf}\ufe00-\ufe0f\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u3164\uffa0]/u.test(letter)) return "";
    if (/^\s/u.test(letter)) return " ";
    if (/^[\p{Pd}−]/u.test(letter)) return "-";
    if (/^[\p{Pi}\p{Pf}"'`´ʹʺʻʼʽˈ′″‴„‚「」『』〝〞〟]/u.test(letter)) return "'";
    if (/^[\ufb00-\uffef]/u.test(letter)) {
      const usual = letter.normalize("NFKC");
      return usual.length > 1 || usual === letter ? usual : ReaderText.comparableLetter(usual);
    }
    const plain = letter.replace(/[\ufe00-\ufe0f]/gu, "").normalize("NFC");
    return { œ: "oe", Œ: "OE", "…": "..." }[plain] ?? plain;
  }
};
