/** True where a name fits a pattern: `*` is any text, `?` one character. Quick for every pattern, however many stars it has. */
export function fitsPattern(pattern: string, name: string): boolean {
  let [p, n] = [0, 0];
  // Where to go on when what follows the last star does not fit: the star takes one character more.
  let star: { p: number; n: number } | null = null;
  while (n < name.length) {
    if (pattern[p] === "*") {
      star = { p, n };
      p++;
    } else if (pattern[p] === "?" || pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star !== null) {
      star.n++;
      [p, n] = [star.p + 1, star.n];
    } else return false;
  }
  return /^\**$/.test(pattern.slice(p));
}

/** True where a text is a pattern and no plain name. */
export const isPattern = (text: string) => /[*?]/.test(text);
