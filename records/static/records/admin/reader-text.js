/* A statement's text as the page shows it, and how its places are counted. The database counts
   characters (code points) of the text as it was filed; the page counts 16-bit units, two for an
   emoji, and shows a line break of two characters as one. */
"use strict";

window.ReaderText = class {
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

  /* Where a quote stands: [first unit, unit after its last] at the place given, if its words stand
     there, else at the first place where they do; null if nowhere. */
  find(quote, place) {
    const words = quote.replace(/\r\n?/g, "\n").trim();
    if (!words) return null;
    const given = place === null ? -1 : this.unitAt(place);
    const at = given >= 0 && this.shown.startsWith(words, given) ? given : this.shown.indexOf(words);
    return at < 0 ? null : [at, at + words.length];
  }
};
