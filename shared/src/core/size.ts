const UNITS: Record<string, number> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** Bytes of a size like `500KB`, `10MB` or `1.5GB` (of 1,024 bytes each, as log rotation has always counted); else null. */
export function parseSize(text: string): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?b)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit?.toLowerCase() ?? ""];
  return number === undefined || factor === undefined ? null : Math.round(Number(number) * factor);
}

/** `1.4 MB`, `812 bytes`: as people say it. */
export function sizeWords(bytes: number): string {
  const [unit, factor] = bytes >= 1024 ** 3 ? ["GB", 1024 ** 3] : bytes >= 1024 ** 2 ? ["MB", 1024 ** 2] : ["KB", 1024];
  if (bytes < 1024) return `${bytes} bytes`;
  const amount = bytes / factor;
  return `${amount >= 100 ? Math.round(amount) : amount.toFixed(1).replace(/\.0$/, "")} ${unit}`;
}
