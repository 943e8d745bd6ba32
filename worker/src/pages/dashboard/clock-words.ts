/** A moment of today: `17:03:05 UTC`, the same for the server that paints the page first and for the browser. */
export function clockWords(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)} UTC`;
}
