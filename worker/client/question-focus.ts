/**
 * Whoever goes by keyboard is led into a question and out of it. What leaves things as they are has the focus, so that a key
 * held too long answers nothing.
 */

/** Once the question is painted. */
export function focusQuestion(): void {
  focusInView("[data-leave]");
}

/** Once it is gone, what asked it has the focus again. */
export function returnFromQuestion(id: string): void {
  focusInView(`[data-asks="${CSS.escape(id)}"]`);
}

/** A service in trouble stands twice on the page: the one that is looked at is meant, and nothing scrolls. */
function focusInView(selector: string): void {
  requestAnimationFrame(() => {
    const all = [...document.querySelectorAll<HTMLElement>(selector)];
    const seen = all.find((each) => {
      const { top, bottom } = each.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    });
    (seen ?? all[0])?.focus({ preventScroll: true });
  });
}
