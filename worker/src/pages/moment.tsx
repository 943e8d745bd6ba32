const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A moment to the second. The server writes it in UTC; MOMENT_SCRIPT puts it into the reader's own zone, with UTC on hover. */
export function Moment({ ms }: { ms: number }) {
  const date = new Date(ms);
  const iso = date.toISOString();
  return (
    <time datetime={iso} title={`${iso.slice(0, 10)} ${iso.slice(11, 23)} UTC`} data-moment>
      {date.getUTCDate()} {MONTHS[date.getUTCMonth()]} {iso.slice(11, 19)} UTC
    </time>
  );
}

/** Of a moment of today, only the time. */
export const MOMENT_SCRIPT = `const local=()=>{const today=new Date().toDateString();
for(const t of document.querySelectorAll("time[data-moment]")){const d=new Date(t.dateTime),time={hour:"2-digit",minute:"2-digit",second:"2-digit"};
t.textContent=d.toDateString()===today?d.toLocaleTimeString([],time):d.toLocaleString([],{day:"numeric",month:"short",...time})}};local();`;
