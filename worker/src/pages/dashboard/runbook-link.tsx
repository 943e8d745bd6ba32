/** Leads to what to do about it, beside the dashboard. */
export function RunbookLink({ topic }: { topic: string }) {
  return (
    <a href={`/runbook#${topic}`} target="_blank" rel="noopener">
      what to do
    </a>
  );
}
