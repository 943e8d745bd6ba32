/** The keys of an open menu, as the ARIA patterns have them: arrows, Home and End move; Escape gives the focus back. */

const ITEMS = '[role="menu"] [role="menuitem"]';

/** Once the menu is painted, its first item that can be chosen has the focus. */
export function focusMenu(): void {
  requestAnimationFrame(() => {
    const first = document.querySelector<HTMLElement>(`${ITEMS}[aria-disabled="false"]`);
    (first ?? document.querySelector<HTMLElement>(ITEMS))?.focus();
  });
}

/** True where the key was the menu's. */
export function moveInMenu(event: KeyboardEvent): boolean {
  const items = [...document.querySelectorAll<HTMLElement>(ITEMS)];
  if (items.length === 0) return false;
  const at = items.findIndex((item) => item === document.activeElement);
  const to = target(event.key, at, items.length);
  if (to === null) return false;
  event.preventDefault();
  items[to]?.focus();
  return true;
}

/** Where the focus was before the menu was opened. */
export function returnFromMenu(): void {
  document.querySelector<HTMLElement>('[aria-haspopup="menu"][aria-expanded="true"]')?.focus();
}

function target(key: string, at: number, count: number): number | null {
  if (key === "ArrowDown") return (at + 1) % count;
  if (key === "ArrowUp") return at <= 0 ? count - 1 : at - 1;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}
