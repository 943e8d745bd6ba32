/** A share of a core as people read it: `0.3 %`, `41 %`, `320 %`; `–` where it is not known. */
export function cpuWords(cpu: number | null): string {
  if (cpu === null) return "–";
  const percent = cpu * 100;
  return `${percent < 9.95 && percent !== 0 ? percent.toFixed(1) : Math.round(percent)} %`;
}

const UNITS = ["KB", "MB", "GB", "TB"] as const;

/** Bytes as people read them, in steps of 1,024: `45 MB`, `1.2 GB`; `–` where they are not known. */
export function memoryWords(bytes: number | null): string {
  if (bytes === null) return "–";
  let size = bytes / 1024;
  for (const unit of UNITS) {
    if (size < 999.5 || unit === "TB")
      return `${size >= 9.95 || size === 0 ? Math.round(size) : size.toFixed(1)} ${unit}`;
    size /= 1024;
  }
  return "–";
}
